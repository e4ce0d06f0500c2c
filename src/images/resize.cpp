#include "images/resize.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "images/limits.h"
#include "images/resize_taps.h"

namespace focus::images {
namespace {

uint8_t to_pixel(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> ResizeTaps::kFixedBits, 0, 255));
}

// Resizes one row; common numbers of channels are compile-time constants, 0 stands for the others.
template <int kChannels>
void resize_row(const uint8_t* in, uint8_t* out, const ResizeTaps& taps, int channels) {
  if (kChannels > 0) channels = kChannels;
  for (size_t x = 0; x < taps.windows.size(); ++x) {
    const auto [first, count] = taps.windows[x];
    const int32_t* weights = taps.of(static_cast<int>(x));
    const uint8_t* pixels = in + static_cast<size_t>(first) * channels;
    for (int c = 0; c < channels; ++c) {
      int32_t sum = ResizeTaps::kHalf;
      for (int i = 0; i < count; ++i) sum += pixels[i * channels + c] * weights[i];
      out[x * channels + c] = to_pixel(sum);
    }
  }
}

Image resize_rows(const Image& image, int width) {
  const ResizeTaps taps(image.width(), width);
  const int channels = image.channels();
  const auto resize = channels == 3 ? resize_row<3> : resize_row<0>;
  return Image::by_rows(image.height(), width, channels,
                        [&](int y, uint8_t* row) { resize(image.row(y), row, taps, channels); });
}

Image resize_columns(const Image& image, int height) {
  const ResizeTaps taps(image.height(), height);
  const auto length = static_cast<int>(image.row_bytes());
  std::vector<int32_t> sums(static_cast<size_t>(length));
  return Image::by_rows(height, image.width(), image.channels(), [&](int y, uint8_t* row) {
    const auto [first, count] = taps.windows[y];
    const int32_t* weights = taps.of(y);
    std::fill(sums.begin(), sums.end(), ResizeTaps::kHalf);
    for (int i = 0; i < count; ++i) {
      const uint8_t* in = image.row(first + i);
      const int32_t weight = weights[i];
      int32_t* sum = sums.data();
#pragma omp simd
      for (int x = 0; x < length; ++x) sum[x] += in[x] * weight;
    }
    for (int x = 0; x < length; ++x) row[x] = to_pixel(sums[x]);
  });
}

}  // namespace

nn::ImageSize shortest_edge_size(nn::ImageSize size, double short_side, double max_side) {
  const auto height = static_cast<double>(size.height), width = static_cast<double>(size.width);
  const double scale = short_side / std::min(height, width);
  double new_height = height < width ? short_side : scale * height;
  double new_width = height < width ? scale * width : short_side;
  if (const double longest = std::max(new_height, new_width); longest > max_side) {
    new_height *= max_side / longest;
    new_width *= max_side / longest;
  }
  return {std::max<int64_t>(static_cast<int64_t>(new_height + 0.5), 1),
          std::max<int64_t>(static_cast<int64_t>(new_width + 0.5), 1)};
}

void require_resizable(nn::ImageSize from, nn::ImageSize to) {
  if (!possible_size(from.height, from.width) || !possible_size(to.height, to.width)) {
    fail("resize: an image of {} x {} cannot be resized to {} x {}; sizes are from 1 x 1 up to a limit",
         from.width, from.height, to.width, to.height);
  }
}

Image resize_antialiased(const Image& image, nn::ImageSize size) {
  require_resizable(size_of(image), size);
  const int height = static_cast<int>(size.height), width = static_cast<int>(size.width);
  Image resized = image;
  if (width != resized.width()) resized = resize_rows(resized, width);
  if (height != resized.height()) resized = resize_columns(resized, height);
  return resized;
}

}  // namespace focus::images
