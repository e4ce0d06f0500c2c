#include "images/exif_orientation.h"
#include "images/header_readers.h"

namespace focus::images {

// PNG specification, section 5: chunks of length, type, data and checksum, from IHDR to IEND.
void read_png_header(const ImageBytes& bytes, ImageHeader& header) {
  constexpr size_t kFirstChunk = 8;
  if (!bytes.equals(kFirstChunk + 4, "IHDR")) bytes.damaged("no IHDR chunk");
  header.size = {static_cast<int64_t>(bytes.big_endian(kFirstChunk + 12, 4)),
                 static_cast<int64_t>(bytes.big_endian(kFirstChunk + 8, 4))};
  for (size_t at = kFirstChunk;;) {
    const size_t length = bytes.big_endian(at, 4);
    if (bytes.equals(at + 4, "IEND")) return;
    if (bytes.equals(at + 4, "eXIf")) header.orientation = exif_orientation(bytes.part(at + 8, length));
    if (bytes.equals(at + 4, "acTL")) {
      header.animated = true;
      header.images = std::max<int64_t>(1, static_cast<int64_t>(bytes.big_endian(at + 8, 4)));
    }
    at += 12 + length;
    if (at > bytes.size()) bytes.truncated();
  }
}

}  // namespace focus::images
