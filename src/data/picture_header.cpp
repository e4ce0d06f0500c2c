#include "data/picture_header.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace focus::data {
namespace {

// Bytes of a file with every access checked.
class Bytes {
 public:
  Bytes(std::span<const uint8_t> bytes, const char* format, const std::string& name)
      : bytes_(bytes), format_(format), name_(name) {}

  size_t size() const { return bytes_.size(); }

  uint32_t big_endian(size_t at, size_t count) const {
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) value = value << 8 | byte(at + i);
    return value;
  }

  uint32_t little_endian(size_t at, size_t count) const {
    uint32_t value = 0;
    for (size_t i = count; i-- > 0;) value = value << 8 | byte(at + i);
    return value;
  }

  bool equals(size_t at, std::string_view text) const {
    return at <= size() && text.size() <= size() - at &&
           std::memcmp(&bytes_[at], text.data(), text.size()) == 0;
  }

  size_t find(size_t at, uint8_t value) const {
    if (at >= size()) truncated();
    const void* found = std::memchr(&bytes_[at], value, size() - at);
    if (!found) truncated();
    return static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes_.data());
  }

  [[noreturn]] void truncated() const {
    fail("{}: the {} picture is truncated after {} bytes; copy or download it again", name_, format_, size());
  }

  [[noreturn]] void damaged(const char* what) const {
    fail("{}: the {} picture is damaged: {}; copy or download it again", name_, format_, what);
  }

 private:
  uint8_t byte(size_t at) const {
    if (at >= size()) truncated();
    return bytes_[at];
  }

  std::span<const uint8_t> bytes_;
  const char* format_;
  const std::string& name_;
};

// ITU T.81, annex B: markers are 0xFF and a code; all but a few are followed by a two-byte length.
nn::ImageSize read_jpeg(const Bytes& bytes) {
  nn::ImageSize size;
  bool scanned = false;
  for (size_t at = 2;;) {
    if (bytes.big_endian(at, 1) != 0xFF) bytes.damaged("no marker where one must be");
    while (bytes.big_endian(at, 1) == 0xFF) ++at;  // A marker may be preceded by fill bytes.
    const uint32_t code = bytes.big_endian(at++, 1);
    if (code == 0xD9) {
      if (!scanned) bytes.damaged("it ends before its pixels");
      return size;
    }
    if (code == 0x01 || (code >= 0xD0 && code <= 0xD7)) continue;
    const uint32_t length = bytes.big_endian(at, 2);
    if (length < 2) bytes.damaged("a segment has no length");
    const bool frame = code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
    if (frame && size.height == 0) size = {bytes.big_endian(at + 3, 2), bytes.big_endian(at + 5, 2)};
    at += length;
    if (code != 0xDA) continue;
    scanned = true;
    // Compressed data up to the next marker that is neither a stuffed zero nor a restart.
    for (;; at += 2) {
      at = bytes.find(at, 0xFF);
      const uint32_t next = bytes.big_endian(at + 1, 1);
      if (next == 0xFF) --at;
      if (next != 0x00 && next != 0xFF && (next < 0xD0 || next > 0xD7)) break;
    }
  }
}

// PNG specification, section 5: chunks of length, type, data and checksum, from IHDR to IEND.
nn::ImageSize read_png(const Bytes& bytes) {
  constexpr size_t kFirstChunk = 8;
  if (!bytes.equals(kFirstChunk + 4, "IHDR")) bytes.damaged("no IHDR chunk");
  const nn::ImageSize size{bytes.big_endian(kFirstChunk + 12, 4), bytes.big_endian(kFirstChunk + 8, 4)};
  for (size_t at = kFirstChunk;;) {
    const size_t length = bytes.big_endian(at, 4);
    if (bytes.equals(at + 4, "IEND")) return size;
    at += 12 + length;
    if (at > bytes.size()) bytes.truncated();
  }
}

nn::ImageSize read_bmp(const Bytes& bytes) {
  const bool os2 = bytes.little_endian(14, 4) == 12;
  if (os2) return {bytes.little_endian(20, 2), bytes.little_endian(18, 2)};
  const auto height = static_cast<int32_t>(bytes.little_endian(22, 4));  // Negative: rows from top to bottom.
  return {std::abs(static_cast<int64_t>(height)), static_cast<int32_t>(bytes.little_endian(18, 4))};
}

// RFC 9649: a RIFF container whose first chunk tells which of three headers holds the size.
nn::ImageSize read_webp(const Bytes& bytes) {
  if (bytes.size() < size_t{bytes.little_endian(4, 4)} + 8) bytes.truncated();
  if (bytes.equals(12, "VP8X")) {
    return {int64_t{bytes.little_endian(27, 3)} + 1, int64_t{bytes.little_endian(24, 3)} + 1};
  }
  if (bytes.equals(12, "VP8L")) {
    const uint32_t packed = bytes.little_endian(21, 4);
    return {int64_t{(packed >> 14) & 0x3FFF} + 1, int64_t{packed & 0x3FFF} + 1};
  }
  if (!bytes.equals(12, "VP8 ")) bytes.damaged("no VP8 chunk");
  return {bytes.little_endian(28, 2) & 0x3FFF, bytes.little_endian(26, 2) & 0x3FFF};
}

}  // namespace

PictureHeader read_picture_header(std::span<const uint8_t> bytes, const std::string& name) {
  struct Format {
    const char* name;
    size_t at;
    std::string_view signature;
    nn::ImageSize (*read)(const Bytes&);
  };
  static constexpr Format kFormats[] = {
      {"JPEG", 0, "\xFF\xD8\xFF", read_jpeg},
      {"PNG", 0, "\x89PNG\r\n\x1A\n", read_png},
      {"BMP", 0, "BM", read_bmp},
      {"WebP", 8, "WEBP", read_webp},
  };
  for (const auto& format : kFormats) {
    const Bytes checked(bytes, format.name, name);
    if (checked.equals(format.at, format.signature)) return {format.name, format.read(checked)};
  }
  fail("{}: not a JPEG, PNG, BMP or WebP picture; convert it to one of these", name);
}

}  // namespace focus::data
