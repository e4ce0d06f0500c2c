#include <cstdlib>

#include "images/header_readers.h"
#include "images/limits.h"

namespace focus::images {

void read_bmp_header(const ImageBytes& bytes, ImageHeader& header) {
  const bool os2 = bytes.little_endian(14, 4) == 12;
  if (os2) {
    header.size = {static_cast<int64_t>(bytes.little_endian(20, 2)),
                   static_cast<int64_t>(bytes.little_endian(18, 2))};
  } else {
    // A negative height: rows from top to bottom.
    const auto height = static_cast<int32_t>(bytes.little_endian(22, 4));
    header.size = {std::abs(static_cast<int64_t>(height)), static_cast<int32_t>(bytes.little_endian(18, 4))};
  }
  constexpr uint64_t kPlain = 0, kBitFields = 3;
  const uint64_t coding = os2 ? kPlain : bytes.little_endian(30, 4);
  const bool coded = coding != kPlain && coding != kBitFields;
  if (coded || !possible_size(header.size.height, header.size.width)) return;
  // Rows are padded to four bytes; the padding of the last row may be missing.
  const auto width = static_cast<uint64_t>(header.size.width);
  const uint64_t bits = width * bytes.little_endian(os2 ? 24 : 28, 2);
  const uint64_t above = static_cast<uint64_t>(header.size.height - 1) * ((bits + 31) / 32 * 4);
  if (bytes.little_endian(10, 4) + above + (bits + 7) / 8 > bytes.size()) bytes.truncated();
}

}  // namespace focus::images
