#include "data/exif_orientation.h"
#include "data/header_readers.h"

namespace focus::data {
namespace {

bool is_frame(uint64_t code) {
  return code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
}

// What libjpeg-turbo, as OpenCV calls it, does not decode (ITU T.81, table B.1).
const char* unusual_frame(uint64_t code, uint64_t precision) {
  if (code == 0xC3 || code == 0xC7 || code == 0xCB || code == 0xCF) return "lossless coding";
  if (code == 0xC5 || code == 0xC6 || code == 0xCD || code == 0xCE) return "hierarchical coding";
  return precision > 8 ? "12 bits a sample" : "";
}

}  // namespace

// ITU T.81, annex B: markers are 0xFF and a code; all but a few are followed by a two-byte length.
void read_jpeg_header(const ImageBytes& bytes, PictureHeader& header) {
  bool scanned = false, exif = false;
  for (size_t at = 2;;) {
    if (bytes.big_endian(at, 1) != 0xFF) bytes.damaged("no marker where one must be");
    while (bytes.big_endian(at, 1) == 0xFF) ++at;  // A marker may be preceded by fill bytes.
    const uint64_t code = bytes.big_endian(at++, 1);
    if (code == 0xD9) {
      if (!scanned) bytes.damaged("it ends before its pixels");
      return;
    }
    if (code == 0x01 || (code >= 0xD0 && code <= 0xD7)) continue;
    const size_t length = bytes.big_endian(at, 2);
    if (length < 2) bytes.damaged("a segment has no length");
    if (is_frame(code) && header.size.height == 0) {
      header.size = {static_cast<int64_t>(bytes.big_endian(at + 3, 2)),
                     static_cast<int64_t>(bytes.big_endian(at + 5, 2))};
      header.unusual = unusual_frame(code, bytes.big_endian(at + 2, 1));
    }
    if (code == 0xE1 && !exif && bytes.equals(at + 2, {"Exif\0\0", 6})) {
      exif = true;
      header.orientation = exif_orientation(bytes.part(at + 2, length - 2));
    }
    at += length;
    if (code != 0xDA) continue;
    scanned = true;
    // Compressed data up to the next marker that is neither a stuffed zero nor a restart.
    for (;; at += 2) {
      at = bytes.find(at, 0xFF);
      const uint64_t next = bytes.big_endian(at + 1, 1);
      if (next == 0xFF) --at;
      if (next != 0x00 && next != 0xFF && (next < 0xD0 || next > 0xD7)) break;
    }
  }
}

}  // namespace focus::data
