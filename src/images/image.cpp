#include "images/image.h"

#include <cstring>

#include "base/error.h"
#include "base/rng.h"

namespace focus::images {

Image Image::region(const Rect& rect) const {
  const auto [x, y, width, height] = rect;
  const bool inside =
      x >= 0 && y >= 0 && width >= 1 && height >= 1 && width <= width_ - x && height <= height_ - y;
  if (!inside) {
    fail("a region of {} x {} at ({}, {}) is not inside an image of {} x {}", width, height, x, y, width_,
         height_);
  }
  Image part = *this;
  part.height_ = height;
  part.width_ = width;
  part.pixels_ = {pixels_, row(y) + static_cast<size_t>(x) * static_cast<size_t>(channels_)};
  return part;
}

void copy_pixels(const Image& image, uint8_t* to) {
  const size_t bytes = image.row_bytes();
  for (int y = 0; y < image.height(); ++y)
    std::memcpy(to + static_cast<size_t>(y) * bytes, image.row(y), bytes);
}

Image noise_image(nn::ImageSize size, uint64_t seed) {
  Rng random{seed};
  const auto width = static_cast<int>(size.width);
  return Image::by_rows(static_cast<int>(size.height), width, 3, [&](int, uint8_t* row) {
    for (int i = 0; i < 3 * width; ++i) row[i] = static_cast<uint8_t>(random.next() >> 56);
  });
}

}  // namespace focus::images
