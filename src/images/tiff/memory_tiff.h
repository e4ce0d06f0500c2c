// A TIFF file in memory, read by libtiff.
#pragma once

#include <tiffio.h>

#include <cstdint>
#include <span>
#include <string>

namespace focus::images {

/// Opens the file and selects one of its directories. Must not be moved: libtiff has its address.
class MemoryTiff {
 public:
  /// The bytes must outlive it. Throws Error whose message starts with `name`.
  MemoryTiff(std::span<const uint8_t> bytes, uint64_t directory, const std::string& name);
  ~MemoryTiff();
  MemoryTiff(const MemoryTiff&) = delete;
  MemoryTiff& operator=(const MemoryTiff&) = delete;

  TIFF* get() const { return tiff_; }

  /// A field's value or its default; `otherwise` if it has neither.
  template <typename T>
  T field(uint32_t tag, T otherwise) const {
    T value{};
    return TIFFGetFieldDefaulted(tiff_, tag, &value) != 0 ? value : otherwise;
  }

  /// Throws Error that the file is damaged, with libtiff's message.
  [[noreturn]] void fail_damaged() const;
  /// Throws Error that such images are not read.
  [[noreturn]] void fail_unread(const std::string& kind) const;

 private:
  struct Access;  // libtiff's callbacks.

  std::span<const uint8_t> bytes_;
  uint64_t position_ = 0;
  std::string name_, fault_;
  TIFF* tiff_ = nullptr;
};

}  // namespace focus::images
