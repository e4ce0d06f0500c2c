#include "images/exif_orientation.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "images/tiff_directory.h"

namespace focus::images {
namespace {

// EXIF 2.32, section 4.6.5, tag 274: the sides of the scene that row 0 and column 0 show.
constexpr Turn kTurns[] = {
    {false, false, false},  // 1: row 0 is the top, column 0 the left-hand side.
    {false, false, true},   // 2: top, right
    {false, true, true},    // 3: bottom, right
    {false, true, false},   // 4: bottom, left
    {true, false, false},   // 5: left, top
    {true, false, true},    // 6: right, top
    {true, true, true},     // 7: right, bottom
    {true, true, false},    // 8: left, bottom
};

}  // namespace

const Turn& turn_of(int orientation) {
  if (orientation < 1 || orientation > 8) fail("orientation {}; it is from 1 to 8", orientation);
  return kTurns[orientation - 1];
}

int exif_orientation(std::span<const uint8_t> exif) {
  static constexpr std::string_view kPrefix("Exif\0\0", 6);
  if (exif.size() >= kPrefix.size() && std::memcmp(exif.data(), kPrefix.data(), kPrefix.size()) == 0) {
    exif = exif.subspan(kPrefix.size());
  }
  const auto structure = TiffStructure::in(exif);
  const auto directory = structure ? structure->directory(structure->first()) : std::nullopt;
  if (!directory) return 1;
  const uint64_t stated = structure->number(*directory, kTiffOrientation).value_or(1);
  return stated >= 1 && stated <= 8 ? static_cast<int>(stated) : 1;
}

nn::ImageSize turned_size(nn::ImageSize stored, int orientation) {
  return turn_of(orientation).transposed ? nn::ImageSize{stored.width, stored.height} : stored;
}

Image turned(const Image& stored, int orientation) {
  const Turn& turn = turn_of(orientation);
  if (orientation == 1 || stored.empty()) return stored;
  const auto channels = static_cast<size_t>(stored.channels());
  const int height = turn.transposed ? stored.width() : stored.height();
  const int width = turn.transposed ? stored.height() : stored.width();
  return Image::by_rows(height, width, stored.channels(), [&](int y, uint8_t* row) {
    const int line = turn.reverse_rows ? height - 1 - y : y;
    for (int x = 0; x < width; ++x, row += channels) {
      const int across = turn.reverse_columns ? width - 1 - x : x;
      const uint8_t* from = turn.transposed ? stored.row(across) + static_cast<size_t>(line) * channels
                                            : stored.row(line) + static_cast<size_t>(across) * channels;
      std::copy_n(from, channels, row);
    }
  });
}

}  // namespace focus::images
