#include "images/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace focus::images {

ResizeTaps::ResizeTaps(int in_size, int out_size) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double radius = std::max(scale, 1.0);
  stride = static_cast<int>(std::ceil(radius)) * 2 + 1;
  windows.resize(static_cast<size_t>(out_size));
  weights.resize(static_cast<size_t>(out_size) * stride);
  std::vector<double> exact(static_cast<size_t>(stride));
  for (int out = 0; out < out_size; ++out) {
    const double center = (out + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - radius + 0.5), 0);
    const int count = std::min(static_cast<int>(center + radius + 0.5), in_size) - first;
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      exact[i] = std::max(1.0 - std::abs((first + i - center + 0.5) / radius), 0.0);
      sum += exact[i];
    }
    for (int i = 0; i < count; ++i) {
      weights[static_cast<size_t>(out) * stride + i] =
          static_cast<int32_t>(0.5 + exact[i] / sum * (1 << kFixedBits));
    }
    windows[out] = {first, count};
  }
}

}  // namespace focus::images
