// The directories of a TIFF structure, the form of TIFF files and of EXIF data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace focus::images {

/// A field of a directory: its tag, and where its values are.
struct TiffField {
  uint16_t tag = 0, type = 0;
  uint64_t count = 0;
  uint64_t at = 0;  ///< Offset of the first value from the structure's start.
};

struct TiffDirectory {
  std::vector<TiffField> fields;
  uint64_t next = 0;  ///< Offset of the next directory; 0: there is none.

  /// The first field with that tag, or null.
  const TiffField* find(uint16_t tag) const;
};

/// Tags that are read here (TIFF 6.0, section 8).
enum TiffTag : uint16_t {
  kTiffSubfileType = 254,
  kTiffWidth = 256,
  kTiffHeight = 257,
  kTiffCompression = 259,
  kTiffStripOffsets = 273,
  kTiffOrientation = 274,
  kTiffStripByteCounts = 279,
  kTiffTileOffsets = 324,
  kTiffTileByteCounts = 325,
};

/// A TIFF or BigTIFF structure of either byte order. Nothing in it is trusted: offsets beyond the bytes count
/// as missing. The bytes must outlive it.
class TiffStructure {
 public:
  /// None if the bytes do not begin like such a structure.
  static std::optional<TiffStructure> in(std::span<const uint8_t> bytes);

  uint64_t first() const { return first_; }  ///< Offset of the first directory.

  /// None if it is not entirely within the bytes.
  std::optional<TiffDirectory> directory(uint64_t at) const;

  /// The integers of a field; none if they are of another type or not within the bytes.
  std::optional<std::vector<uint64_t>> numbers(const TiffField& field) const;

  /// The first integer of the field with that tag; none if there is none.
  std::optional<uint64_t> number(const TiffDirectory& directory, uint16_t tag) const;

  bool holds(uint64_t at, uint64_t count) const { return at <= bytes_.size() && count <= bytes_.size() - at; }

 private:
  TiffStructure(std::span<const uint8_t> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}
  uint64_t value(uint64_t at, size_t count) const;  // The caller has checked that it is there.

  std::span<const uint8_t> bytes_;
  bool big_endian_;
  bool wide_ = false;  // BigTIFF, whose counts and offsets have 8 bytes.
  uint64_t first_ = 0;
};

}  // namespace focus::images
