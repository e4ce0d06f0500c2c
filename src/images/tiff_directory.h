// The directories of a TIFF structure, which a TIFF file is and EXIF data are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace focus::images {

/// Names and values: where they are, not what they mean.
struct TiffField {
  uint16_t tag = 0, type = 0;
  uint64_t count = 0;
  uint64_t at = 0;  ///< Of the first value, from the structure's start.
};

struct TiffDirectory {
  std::vector<TiffField> fields;
  uint64_t next = 0;  ///< Where the next directory is; 0: there is none.

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

/// A TIFF or BigTIFF structure of either byte order. Nothing is trusted: what does not lie within the bytes
/// is not there. The bytes must outlive it.
class TiffStructure {
 public:
  /// None if the bytes do not begin as such a structure does.
  static std::optional<TiffStructure> in(std::span<const uint8_t> bytes);

  uint64_t first() const { return first_; }  ///< Where the first directory is.

  /// None if it is not whole within the bytes.
  std::optional<TiffDirectory> directory(uint64_t at) const;

  /// The whole numbers of a field; none if they are of another type or not within the bytes.
  std::optional<std::vector<uint64_t>> numbers(const TiffField& field) const;

  /// The first number of the field with that tag; none if there is no such number.
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
