// The bytes of an image file, every access checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace focus::images {

inline std::span<const uint8_t> as_bytes(std::string_view content) {
  return {reinterpret_cast<const uint8_t*>(content.data()), content.size()};
}

/// Reads numbers from a file of a known format; reading beyond the end throws Error that the file is
/// truncated. The file's bytes and name must outlive it.
class ImageBytes {
 public:
  ImageBytes(std::span<const uint8_t> bytes, const char* format, const std::string& name)
      : bytes_(bytes), format_(format), name_(name) {}

  size_t size() const { return bytes_.size(); }

  uint64_t big_endian(size_t at, size_t count) const {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value = value << 8 | byte(at + i);
    return value;
  }

  uint64_t little_endian(size_t at, size_t count) const {
    uint64_t value = 0;
    for (size_t i = count; i-- > 0;) value = value << 8 | byte(at + i);
    return value;
  }

  bool equals(size_t at, std::string_view text) const {
    return at <= size() && text.size() <= size() - at &&
           std::memcmp(bytes_.data() + at, text.data(), text.size()) == 0;
  }

  /// The offset of the next such byte from `at` on. Throws Error if there is none.
  size_t find(size_t at, uint8_t value) const {
    if (at >= size()) truncated();
    const void* found = std::memchr(&bytes_[at], value, size() - at);
    if (!found) truncated();
    return static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes_.data());
  }

  /// `count` bytes, or fewer at the end.
  std::span<const uint8_t> part(size_t at, size_t count) const {
    return at >= size() ? bytes_.last(0) : bytes_.subspan(at, std::min(count, size() - at));
  }

  [[noreturn]] void truncated() const {
    fail("{}: the {} image is truncated after {} bytes; copy or download it again", name_, format_, size());
  }

  [[noreturn]] void damaged(std::string_view what) const {
    fail("{}: the {} image is damaged: {}; copy or download it again", name_, format_, what);
  }

  const std::string& name() const { return name_; }

 private:
  uint8_t byte(size_t at) const {
    if (at >= size()) truncated();
    return bytes_[at];
  }

  std::span<const uint8_t> bytes_;
  const char* format_;
  const std::string& name_;
};

}  // namespace focus::images
