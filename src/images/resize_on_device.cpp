#include "images/resize_on_device.h"

#include <algorithm>
#include <vector>

#include "images/resize_taps.h"

namespace focus::images {
namespace {

/// One pass along a dimension. Adds one tap after the other, each for all positions at once: a triangle
/// filter has few.
at::Tensor resize_along(const at::Tensor& pixels, int64_t dimension, int64_t length) {
  const int64_t before = pixels.size(dimension);
  if (before == length) return pixels;
  const ResizeTaps taps(static_cast<int>(before), static_cast<int>(length));
  auto table = at::empty({2, taps.stride, length}, at::kInt);  // Positions, then weights, by tap.
  auto entry = table.accessor<int32_t, 3>();
  for (int64_t out = 0; out < length; ++out) {
    const auto window = taps.windows[static_cast<size_t>(out)];
    for (int tap = 0; tap < taps.stride; ++tap) {
      entry[0][tap][out] = std::min(window.first + tap, static_cast<int>(before) - 1);
      entry[1][tap][out] = taps.of(static_cast<int>(out))[tap];
    }
  }
  table = table.to(pixels.device(), /*non_blocking=*/true);
  std::vector<int64_t> along{1, 1, 1};
  along[static_cast<size_t>(dimension)] = length;
  auto shape = pixels.sizes().vec();
  shape[static_cast<size_t>(dimension)] = length;
  auto sums = at::full(shape, ResizeTaps::kHalf, pixels.options());
  for (int64_t tap = 0; tap < taps.stride; ++tap) {
    sums.add_(pixels.index_select(dimension, table[0][tap]) * table[1][tap].view(along));
  }
  return sums.bitwise_right_shift(ResizeTaps::kFixedBits).clamp(0, 255);
}

}  // namespace

at::Tensor resize_on_device(const at::Tensor& pixels, nn::ImageSize size) {
  const auto wide = resize_along(pixels.to(at::kInt), 1, size.width);
  return resize_along(wide, 0, size.height);
}

}  // namespace focus::images
