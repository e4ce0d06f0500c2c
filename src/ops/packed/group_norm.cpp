#include "ops/packed/group_norm.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "ops/packed/packed_convolution.h"

namespace focus::ops {
namespace {

/// Number of pixels that are summed in float32 before the sum is added to a double.
constexpr int64_t kRun = 64;

/// The memory layout of a group: `pixels` rows `stride` apart, each of `width` contiguous values.
struct GroupView {
  const float* first;
  int64_t pixels, stride, width;
};

struct Moments {
  double mean, variance;
};

/// Sum over the group of f(value).
template <typename F>
double sum_over(const GroupView& group, F f) {
  double total = 0;
  for (int64_t begin = 0; begin < group.pixels; begin += kRun) {
    const int64_t end = std::min(group.pixels, begin + kRun);
    float partial[16] = {};  // Independent sums, so that they can be vectorised.
    for (int64_t p = begin; p < end; ++p) {
      const float* row = group.first + p * group.stride;
      for (int64_t c = 0; c < group.width; ++c) partial[c & 15] += f(row[c]);
    }
    for (const float part : partial) total += part;
  }
  return total;
}

Moments moments_of(const GroupView& group) {
  const auto count = static_cast<double>(group.pixels * group.width);
  const double mean = sum_over(group, [](float v) { return v; }) / count;
  const auto centre = static_cast<float>(mean);
  // Squares are taken around the rounded mean, to avoid cancellation with large means; then the rounding is
  // corrected.
  const double square = sum_over(group, [&](float v) { return (v - centre) * (v - centre); }) / count;
  const double off = mean - centre;
  return {mean, std::max(square - off * off, 0.0)};
}

}  // namespace

at::Tensor group_norm_channels_last(const at::Tensor& features, int64_t groups, const at::Tensor& weight,
                                    const at::Tensor& bias, double eps) {
  const int64_t channels = weight.size(0), group_width = channels / groups;
  const bool blocked = features.dim() == 5;
  // Groups that span blocks are rare enough to accept a copy.
  if (blocked && features.size(4) % group_width != 0) {
    return group_norm_channels_last(unblock(features, channels), groups, weight, bias, eps);
  }
  const auto x = blocked ? features : features.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t batch = x.size(0), pixels = x.size(2) * x.size(3), block = blocked ? x.size(4) : channels;
  auto output = at::empty({batch, channels, x.size(2), x.size(3)},
                          x.options().memory_format(at::MemoryFormat::ChannelsLast));
  const float* from = x.data_ptr<float>();
  float* to = output.data_ptr<float>();
  const auto scale_of = weight.contiguous(), shift_of = bias.contiguous();
  std::vector<float> scale(static_cast<size_t>(batch * channels)), shift(scale.size());
  const int64_t blocks = (channels + block - 1) / block;
  const auto start_of = [&](int64_t image, int64_t channel) {
    return from + (image * blocks + channel / block) * pixels * block + channel % block;
  };
  at::parallel_for(0, batch * groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t image = item / groups, first = item % groups * group_width;
      const auto moments = moments_of({start_of(image, first), pixels, block, group_width});
      const double inverse = 1 / std::sqrt(moments.variance + eps);
      for (int64_t c = first; c < first + group_width; ++c) {
        const auto i = static_cast<size_t>(image * channels + c);
        scale[i] = static_cast<float>(scale_of.data_ptr<float>()[c] * inverse);
        shift[i] = static_cast<float>(shift_of.data_ptr<float>()[c] -
                                      moments.mean * inverse * scale_of.data_ptr<float>()[c]);
      }
    }
  });
  at::parallel_for(0, batch * pixels, 256, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t image = row / pixels, pixel = row % pixels;
      const float* a = scale.data() + image * channels;
      const float* b = shift.data() + image * channels;
      float* out = to + row * channels;
      for (int64_t first = 0; first < channels; first += block) {
        const float* in = start_of(image, first) + pixel * block;
        const int64_t width = std::min(block, channels - first);
        for (int64_t c = 0; c < width; ++c) out[first + c] = in[c] * a[first + c] + b[first + c];
      }
    }
  });
  return output;
}

}  // namespace focus::ops
