// Multi-scale deformable attention at the size of the encoder's first layer on a 1333 x 800 image: kernels
// of every instruction set against at::grid_sampler, forward and backward, in the same run.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "ops/deform_attn/ms_deform_attn.h"
#include "ops/deform_attn/ms_deform_attn_cpu.h"

namespace {

using focus::ops::Isa;

struct Inputs {
  at::Tensor value, spatial_shapes, level_start_index, sampling_locations, attention_weights, grad_output;
};

/// Queries: the share of tokens that is kept, in token order, each sampling a few pixels around itself.
Inputs make_inputs(int64_t queries) {
  constexpr int64_t kHeads = 8, kChannels = 32, kPoints = 4;
  const std::vector<std::vector<int64_t>> levels{{100, 167}, {50, 84}, {25, 42}, {13, 21}};
  Inputs in;
  in.spatial_shapes = at::empty({4, 2}, at::kLong);
  std::vector<at::Tensor> centres;
  std::vector<int64_t> starts;
  int64_t tokens = 0;
  for (size_t l = 0; l < levels.size(); ++l) {
    const int64_t h = levels[l][0], w = levels[l][1];
    in.spatial_shapes[static_cast<int64_t>(l)][0] = h;
    in.spatial_shapes[static_cast<int64_t>(l)][1] = w;
    starts.push_back(tokens);
    tokens += h * w;
    const auto y = ((at::arange(h) + 0.5) / h).view({h, 1}).expand({h, w});
    const auto x = ((at::arange(w) + 0.5) / w).view({1, w}).expand({h, w});
    centres.push_back(at::stack({x, y}, -1).view({h * w, 2}));
  }
  in.level_start_index = at::tensor(starts);
  const auto kept = std::get<0>(at::randperm(tokens, at::kLong).slice(0, 0, queries).sort());
  const auto centre = at::cat(centres).index_select(0, kept).view({1, queries, 1, 1, 1, 2});
  const auto size = in.spatial_shapes.flip(1).to(at::kFloat).view({1, 1, 1, 4, 1, 2});
  in.value = at::randn({1, tokens, kHeads, kChannels});
  in.sampling_locations = centre + at::randn({1, queries, kHeads, 4, kPoints, 2}) * 2 / size;
  in.attention_weights =
      at::softmax(at::randn({1, queries, kHeads, 4 * kPoints}), -1).view({1, queries, kHeads, 4, kPoints});
  in.grad_output = at::randn({1, queries, kHeads * kChannels});
  return in;
}

/// Median wall time in milliseconds.
double median_ms(int rounds, const std::function<void()>& run) {
  run();
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[static_cast<size_t>(rounds) / 2];
}

}  // namespace

/// Arguments: rounds, threads.
int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 11;
  const int threads = argc > 2 ? std::max(1, std::atoi(argv[2])) : focus::physical_cores();
  at::set_num_threads(threads);
  at::manual_seed(1);
  const Inputs in = make_inputs(11112);
  std::printf(
      "%ld queries, %ld tokens, 8 heads x 32 channels, 4 levels x 4 points, %d threads, median of %d\n",
      static_cast<long>(in.sampling_locations.size(1)), static_cast<long>(in.value.size(1)), threads, rounds);

  const auto value = in.value.detach().clone().requires_grad_();
  const auto locations = in.sampling_locations.detach().clone().requires_grad_();
  const auto weights = in.attention_weights.detach().clone().requires_grad_();
  const double baseline_forward = median_ms(std::min(rounds, 5), [&] {
    focus::ops::ms_deform_attn_by_grid_sampler(in.value, in.spatial_shapes, in.sampling_locations,
                                               in.attention_weights);
  });
  const auto output =
      focus::ops::ms_deform_attn_by_grid_sampler(value, in.spatial_shapes, locations, weights);
  const double baseline_backward = median_ms(std::min(rounds, 5), [&] {
    torch::autograd::grad({output}, {value, locations, weights}, {in.grad_output}, true);
  });
  std::printf("%-14s forward %8.1f ms          backward %8.1f ms\n", "grid_sampler", baseline_forward,
              baseline_backward);
  for (const Isa isa : focus::ops::supported_isas()) {
    const double forward = median_ms(rounds, [&] {
      focus::ops::ms_deform_attn_cpu(in.value, in.spatial_shapes, in.level_start_index, in.sampling_locations,
                                     in.attention_weights, isa);
    });
    const double backward = median_ms(rounds, [&] {
      focus::ops::ms_deform_attn_backward_cpu(in.value, in.spatial_shapes, in.level_start_index,
                                              in.sampling_locations, in.attention_weights, in.grad_output,
                                              isa);
    });
    std::printf("%-14s forward %8.1f ms  %5.1fx  backward %8.1f ms  %5.1fx\n",
                std::string(focus::ops::name_of(isa)).c_str(), forward, baseline_forward / forward, backward,
                baseline_backward / backward);
  }
  return 0;
}
