// The plain kernels, which all others are tested against, and the only ones for double.
#include <cmath>

#include "ops/deform_attn/ms_deform_attn_kernel.h"

namespace focus::ops::kernel {

namespace {

/// The four tokens around a sampling point, in the order top left, top right, bottom left, bottom right.
template <typename T>
struct Corners {
  int64_t token[4] = {-1, -1, -1, -1};  ///< -1: outside the image, contributes nothing.
  T x = 0;                              ///< Position between left and right, 0..1.
  T y = 0;                              ///< Position between top and bottom, 0..1.

  T share(int corner) const { return (corner & 1 ? x : 1 - x) * (corner & 2 ? y : 1 - y); }
};

template <typename T>
Corners<T> locate(const Sampling<T>& in, int64_t point, const T* location) {
  const int64_t width = in.level_width[point];
  const int64_t height = in.level_height[point];
  const T x = location[0] * static_cast<T>(width) - static_cast<T>(0.5);
  const T y = location[1] * static_cast<T>(height) - static_cast<T>(0.5);
  Corners<T> corners;
  // The condition is also false for NaN; after it the conversions to integers are safe.
  if (!(x > -1 && x < static_cast<T>(width) && y > -1 && y < static_cast<T>(height))) return corners;
  const auto left = static_cast<int64_t>(std::floor(x));
  const auto top = static_cast<int64_t>(std::floor(y));
  corners.x = x - static_cast<T>(left);
  corners.y = y - static_cast<T>(top);
  for (int corner = 0; corner < 4; ++corner) {
    const int64_t column = left + (corner & 1);
    const int64_t row = top + (corner >> 1);
    if (column >= 0 && column < width && row >= 0 && row < height) {
      corners.token[corner] = in.level_start[point] + row * width + column;
    }
  }
  return corners;
}

}  // namespace

template <typename T>
void sample_scalar(const Sampling<T>& in, T* output, int64_t begin, int64_t end) {
  const int64_t stride = in.heads * in.channels;
  for (int64_t item = begin * in.heads; item < end * in.heads; ++item) {
    const int64_t batch = item / (in.queries * in.heads);
    const T* value = in.value + batch * in.tokens * stride + item % in.heads * in.channels;
    T* out = output + item * in.channels;
    for (int64_t c = 0; c < in.channels; ++c) out[c] = 0;
    for (int64_t point = 0; point < in.points; ++point) {
      const int64_t at = item * in.points + point;
      const Corners<T> corners = locate(in, point, in.locations + 2 * at);
      for (int corner = 0; corner < 4; ++corner) {
        if (corners.token[corner] < 0) continue;
        const T weight = in.weights[at] * corners.share(corner);
        const T* v = value + corners.token[corner] * stride;
        for (int64_t c = 0; c < in.channels; ++c) out[c] += weight * v[c];
      }
    }
  }
}

template <typename T>
void sample_gradient_scalar(const Sampling<T>& in, const Gradients<T>& grad, int64_t begin, int64_t end) {
  const int64_t stride = in.heads * in.channels;
  for (int64_t slice = begin; slice < end; ++slice) {
    const int64_t batch = slice / in.heads;
    const int64_t head = slice % in.heads;
    const int64_t base = batch * in.tokens * stride + head * in.channels;
    for (int64_t query = 0; query < in.queries; ++query) {
      const int64_t item = (batch * in.queries + query) * in.heads + head;
      const T* upstream = grad.output + item * in.channels;
      for (int64_t point = 0; point < in.points; ++point) {
        const int64_t at = item * in.points + point;
        const Corners<T> corners = locate(in, point, in.locations + 2 * at);
        const T weight = in.weights[at];
        T dot[4] = {0, 0, 0, 0};
        for (int corner = 0; corner < 4; ++corner) {
          if (corners.token[corner] < 0) continue;
          const T share = weight * corners.share(corner);
          const T* v = in.value + base + corners.token[corner] * stride;
          T* g = grad.value + base + corners.token[corner] * stride;
          for (int64_t c = 0; c < in.channels; ++c) {
            dot[corner] += upstream[c] * v[c];
            g[c] += share * upstream[c];
          }
        }
        const T top = dot[0] + corners.x * (dot[1] - dot[0]);
        const T bottom = dot[2] + corners.x * (dot[3] - dot[2]);
        const T across = (dot[1] - dot[0]) * (1 - corners.y) + (dot[3] - dot[2]) * corners.y;
        // A point outside the image has no gradient, even if its weight is not finite.
        bool outside = true;
        for (const int64_t token : corners.token) outside = outside && token < 0;
        grad.weights[at] = top + corners.y * (bottom - top);
        grad.locations[2 * at] = outside ? 0 : weight * static_cast<T>(in.level_width[point]) * across;
        grad.locations[2 * at + 1] =
            outside ? 0 : weight * static_cast<T>(in.level_height[point]) * (bottom - top);
      }
    }
  }
}

template void sample_scalar(const Sampling<float>&, float*, int64_t, int64_t);
template void sample_scalar(const Sampling<double>&, double*, int64_t, int64_t);
template void sample_gradient_scalar(const Sampling<float>&, const Gradients<float>&, int64_t, int64_t);
template void sample_gradient_scalar(const Sampling<double>&, const Gradients<double>&, int64_t, int64_t);

}  // namespace focus::ops::kernel
