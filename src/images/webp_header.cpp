#include "images/exif_orientation.h"
#include "images/header_readers.h"

namespace focus::images {
namespace {

nn::ImageSize size_of_first_chunk(const ImageBytes& bytes) {
  const auto number = [&](size_t at, size_t count) {
    return static_cast<int64_t>(bytes.little_endian(at, count));
  };
  if (bytes.equals(12, "VP8X")) return {number(27, 3) + 1, number(24, 3) + 1};
  if (bytes.equals(12, "VP8L")) {
    const int64_t packed = number(21, 4);
    return {((packed >> 14) & 0x3FFF) + 1, (packed & 0x3FFF) + 1};
  }
  if (!bytes.equals(12, "VP8 ")) bytes.damaged("no VP8 chunk");
  return {number(28, 2) & 0x3FFF, number(26, 2) & 0x3FFF};
}

}  // namespace

// RFC 9649: a RIFF container whose first chunk determines which of three headers has the size.
void read_webp_header(const ImageBytes& bytes, ImageHeader& header) {
  const size_t end = bytes.little_endian(4, 4) + 8;
  if (bytes.size() < end) bytes.truncated();
  header.size = size_of_first_chunk(bytes);
  int64_t frames = 0;
  for (size_t at = 12; at + 8 <= end;) {
    const size_t length = bytes.little_endian(at + 4, 4);
    if (bytes.equals(at, "ANMF")) ++frames;
    if (bytes.equals(at, "EXIF")) header.orientation = exif_orientation(bytes.part(at + 8, length));
    at += 8 + length + length % 2;
  }
  header.animated = frames > 0;
  header.images = std::max<int64_t>(1, frames);
}

}  // namespace focus::images
