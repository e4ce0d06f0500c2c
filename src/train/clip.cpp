#include "train/clip.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace focus::train {
namespace {

constexpr int64_t kLanes = 8;
constexpr int64_t kBlock = 1 << 14;

double squared(float value) { return static_cast<double>(value) * static_cast<double>(value); }

/// Sum of squares of contiguous float32 memory. Blocks are fixed, so threads do not change the result.
double sum_of_squares(const float* values, int64_t count) {
  std::vector<double> blocks(static_cast<size_t>((count + kBlock - 1) / kBlock));
  at::parallel_for(0, static_cast<int64_t>(blocks.size()), 2, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block) {
      double lanes[kLanes] = {};
      const int64_t begin = block * kBlock, end = std::min(count, begin + kBlock);
      int64_t i = begin;
      for (; i + kLanes <= end; i += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += squared(values[i + lane]);
      }
      for (; i < end; ++i) lanes[0] += squared(values[i]);
      blocks[static_cast<size_t>(block)] = std::accumulate(std::begin(lanes), std::end(lanes), 0.0);
    }
  });
  return std::accumulate(blocks.begin(), blocks.end(), 0.0);
}

bool is_plain_memory(const at::Tensor& gradient) {
  return gradient.device().is_cpu() && gradient.scalar_type() == at::kFloat &&
         gradient.is_non_overlapping_and_dense();
}

}  // namespace

double gradient_norm(const std::vector<OptimizedParameter>& parameters) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  std::vector<at::Tensor> others;
  for (const auto& parameter : parameters) {
    const auto& gradient = parameter.value.grad();
    if (!gradient.defined()) continue;
    if (is_plain_memory(gradient)) {
      sum += sum_of_squares(gradient.data_ptr<float>(), gradient.numel());
    } else {
      others.push_back(gradient.to(at::kDouble).square().sum());
    }
  }
  // One number for all: each that is read from a GPU waits for it.
  if (!others.empty()) sum += at::stack(others).sum().item<double>();
  return std::sqrt(sum);
}

double clip_factor(double norm, double max_norm) {
  // 1e-6 as in torch.nn.utils.clip_grad_norm_, so that runs are comparable.
  return max_norm > 0 ? std::min(1.0, max_norm / (norm + 1e-6)) : 1.0;
}

bool NonFiniteGuard::accept(double norm) {
  const bool finite = std::isfinite(norm);
  in_a_row_ = finite ? 0 : in_a_row_ + 1;
  skipped_ += finite ? 0 : 1;
  return finite;
}

}  // namespace focus::train
