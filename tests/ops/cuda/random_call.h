// Random calls of the CUDA kernels and what is right for them, by the scalar kernel in float64. Without
// LibTorch: shared by the tests on the CPU and the program that runs on a GPU.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "ops/cuda/random_numbers.h"
#include "ops/deform_attn/cuda/ms_deform_attn_call.h"
#include "ops/deform_attn/ms_deform_attn_kernel.h"

namespace focus::test {

struct CallSizes {
  int64_t batch = 2, queries = 11;
  int32_t heads = 3, channels = 32, points = 4;
  std::vector<std::array<int32_t, 2>> levels{{8, 9}, {5, 3}, {2, 2}, {1, 4}};
};

struct CallResults {
  std::vector<double> output, grad_value, grad_locations, grad_weights;
};

template <typename T>
struct RandomCall {
  using R = ops::cuda::Real<T>;

  explicit RandomCall(const CallSizes& sizes, uint64_t seed = 1) {
    shape.batch = sizes.batch;
    shape.queries = sizes.queries;
    shape.heads = sizes.heads;
    shape.channels = sizes.channels;
    shape.points = sizes.points;
    shape.levels = static_cast<int32_t>(sizes.levels.size());
    for (size_t l = 0; l < sizes.levels.size(); ++l) {
      shape.height[l] = sizes.levels[l][0];
      shape.width[l] = sizes.levels[l][1];
      shape.start[l] = static_cast<int32_t>(shape.tokens);
      shape.tokens += static_cast<int64_t>(shape.height[l]) * shape.width[l];
    }
    RandomNumbers random(seed);
    const int64_t rows = shape.batch * shape.queries, weight_count = rows * shape.heads * all_points();
    value = random.numbers<T>(shape.batch * shape.tokens * shape.stride(), 1, 0);
    locations = random.numbers<R>(2 * weight_count, 0.7, 0.5);  // Some are outside 0..1.
    weights = random.numbers<R>(weight_count, 0.5, 0.5);
    keep_between_pixels();
    upstream = random.numbers<T>(rows * shape.stride(), 1, 0);
    raw = random.numbers<float>(3 * weight_count, 3, 0);
    references = random.numbers<float>(rows * shape.levels * 4, 0.4, 0.5);
  }

  /// The gradient of a location jumps where a point passes a pixel: float32 and float64 could be on different
  /// sides.
  void keep_between_pixels() {
    for (size_t i = 0; i < locations.size(); ++i) {
      const auto level = static_cast<int64_t>(i / 2) % all_points() / shape.points;
      const double pixels = i % 2 == 0 ? shape.width[level] : shape.height[level];
      const double position = static_cast<double>(locations[i]) * pixels - 0.5;
      if (std::abs(position - std::round(position)) < 1e-3) locations[i] += static_cast<R>(0.01 / pixels);
    }
  }

  /// What an offset of 1 of the raw output is, as a fraction of the level: x (axis 0) or y.
  double offset_unit(bool boxes, int64_t row, int64_t level, int64_t axis) const {
    if (!boxes) return 1.0 / (axis == 0 ? shape.width[level] : shape.height[level]);
    return static_cast<double>(references[static_cast<size_t>((row * shape.levels + level) * 4 + 2 + axis)]) /
           2 / shape.points;
  }

  /// The same of the places that the raw output stands for.
  void keep_raw_between_pixels(bool boxes) {
    const int64_t all = all_points(), per_row = shape.heads * all;
    for (int64_t i = 0; i < shape.batch * shape.queries * per_row * 2; ++i) {
      const int64_t row = i / (2 * per_row), in_row = i % (2 * per_row), axis = i % 2;
      const int64_t level = in_row / 2 % all / shape.points;
      const double pixels = axis == 0 ? shape.width[level] : shape.height[level];
      const float* reference = references.data() + (row * shape.levels + level) * (boxes ? 4 : 2);
      const double unit = offset_unit(boxes, row, level, axis);
      float& offset = raw[static_cast<size_t>(row * 3 * per_row + in_row)];
      const double position =
          (static_cast<double>(reference[axis]) + static_cast<double>(offset) * unit) * pixels - 0.5;
      if (std::abs(position - std::round(position)) < 1e-3)
        offset += static_cast<float>(0.01 / (pixels * unit));
    }
  }

  int64_t all_points() const { return static_cast<int64_t>(shape.levels) * shape.points; }

  ops::cuda::Shape shape{};
  std::vector<T> value, upstream;
  std::vector<R> locations, weights;
  std::vector<float> raw, references;  ///< Read as points, only the first half of references counts.
};

/// What the op gives for these points: all values widened, all arithmetic in float64.
template <typename T>
CallResults exact_results(const RandomCall<T>& call, const std::vector<double>& locations,
                          const std::vector<double>& weights) {
  namespace kernel = ops::kernel;
  const auto& shape = call.shape;
  std::vector<int32_t> height, width, start;
  for (int32_t level = 0; level < shape.levels; ++level) {
    const auto points = static_cast<size_t>(shape.points);
    height.insert(height.end(), points, shape.height[level]);
    width.insert(width.end(), points, shape.width[level]);
    start.insert(start.end(), points, shape.start[level]);
  }
  const auto value = as_double(call.value), upstream = as_double(call.upstream);
  const kernel::Sampling<double> sampling{.tokens = shape.tokens,
                                          .heads = shape.heads,
                                          .channels = shape.channels,
                                          .queries = shape.queries,
                                          .points = call.all_points(),
                                          .level_height = height.data(),
                                          .level_width = width.data(),
                                          .level_start = start.data(),
                                          .value = value.data(),
                                          .locations = locations.data(),
                                          .weights = weights.data()};
  CallResults results{std::vector<double>(upstream.size()), std::vector<double>(value.size()),
                      std::vector<double>(locations.size()), std::vector<double>(weights.size())};
  kernel::sample_scalar(sampling, results.output.data(), 0, shape.batch * shape.queries);
  const kernel::Gradients<double> gradients{upstream.data(), results.grad_value.data(),
                                            results.grad_locations.data(), results.grad_weights.data()};
  kernel::sample_gradient_scalar(sampling, gradients, 0, shape.batch * shape.heads);
  return results;
}

template <typename T>
CallResults exact_results(const RandomCall<T>& call) {
  return exact_results(call, as_double(call.locations), as_double(call.weights));
}

/// Locations and weights of a layer's raw output, as nn::DeformableAttention defines them.
template <typename T>
void place_exactly(const RandomCall<T>& call, bool boxes, std::vector<double>& locations,
                   std::vector<double>& weights) {
  const auto& shape = call.shape;
  const int64_t all = call.all_points(), per_row = shape.heads * all;
  for (int64_t row = 0; row < shape.batch * shape.queries; ++row) {
    for (int64_t head = 0; head < shape.heads; ++head) {
      const float* offsets = call.raw.data() + row * 3 * per_row + 2 * head * all;
      const float* logits = call.raw.data() + row * 3 * per_row + 2 * per_row + head * all;
      double total = 0;
      for (int64_t k = 0; k < all; ++k) total += std::exp(static_cast<double>(logits[k]));
      for (int64_t k = 0; k < all; ++k) {
        const int64_t level = k / shape.points;
        const float* reference = call.references.data() + (row * shape.levels + level) * (boxes ? 4 : 2);
        for (int axis = 0; axis < 2; ++axis) {
          locations.push_back(static_cast<double>(reference[axis]) +
                              static_cast<double>(offsets[2 * k + axis]) *
                                  call.offset_unit(boxes, row, level, axis));
        }
        weights.push_back(std::exp(static_cast<double>(logits[k])) / total);
      }
    }
  }
}

/// The gradients of value and raw output, given those by the places and weights it stands for.
template <typename T>
struct RawResults {
  std::vector<double> output, grad_value, grad_raw;
};

template <typename T>
RawResults<T> exact_raw_results(const RandomCall<T>& call, bool boxes) {
  std::vector<double> locations, weights;
  place_exactly(call, boxes, locations, weights);
  const auto placed = exact_results(call, locations, weights);
  const auto& shape = call.shape;
  const int64_t all = call.all_points(), per_row = shape.heads * all;
  RawResults<T> results{placed.output, placed.grad_value, std::vector<double>(call.raw.size())};
  for (int64_t slice = 0; slice < shape.batch * shape.queries * shape.heads; ++slice) {
    const int64_t row = slice / shape.heads, head = slice % shape.heads;
    double* offsets = results.grad_raw.data() + row * 3 * per_row + 2 * head * all;
    double* logits = results.grad_raw.data() + row * 3 * per_row + 2 * per_row + head * all;
    double mean = 0;
    for (int64_t k = 0; k < all; ++k)
      mean += weights[static_cast<size_t>(slice * all + k)] *
              placed.grad_weights[static_cast<size_t>(slice * all + k)];
    for (int64_t k = 0; k < all; ++k) {
      const auto at = static_cast<size_t>(slice * all + k);
      const int64_t level = k / shape.points;
      for (int axis = 0; axis < 2; ++axis) {
        offsets[2 * k + axis] = placed.grad_locations[2 * at + static_cast<size_t>(axis)] *
                                call.offset_unit(boxes, row, level, axis);
      }
      logits[k] = weights[at] * (placed.grad_weights[at] - mean);
    }
  }
  return results;
}

}  // namespace focus::test
