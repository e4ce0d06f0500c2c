// Random calls of the CUDA kernels for rows and what is right for them, in float64, without LibTorch.
#pragma once

#include <vector>

#include "ops/cuda/random_numbers.h"
#include "ops/rows/cuda/row_call.h"

namespace focus::test {

template <typename T>
struct RandomRows {
  explicit RandomRows(const ops::cuda::RowShape& sizes) : shape(sizes) {
    RandomNumbers random(7);
    const int64_t tokens = shape.batch * shape.length * shape.channels, rows = shape.rows() * shape.channels;
    memory = random.numbers<T>(tokens, 1, 0);
    positions = random.numbers<T>(tokens, 1, 0);
    x = random.numbers<T>(rows, 2, 3);
    residual = random.numbers<T>(rows, 1, 0);
    weight = random.numbers<float>(shape.channels, 0.5, 1);
    bias = random.numbers<float>(shape.channels, 1, 0);
    // Distinct in a sequence: a step that has no divisor in common with the length.
    for (int64_t row = 0; row < shape.rows(); ++row)
      index.push_back((row % shape.chosen * 7 + 3) % shape.length);
  }

  /// `from` (B, S, C) at the chosen rows; of an index out of range NaN.
  std::vector<double> taken(const std::vector<T>& from) const {
    std::vector<double> rows;
    for (int64_t row = 0; row < shape.rows(); ++row) {
      const int64_t token = shape.token(index.data(), row);
      for (int32_t c = 0; c < shape.channels; ++c) {
        rows.push_back(token < 0 ? std::numeric_limits<double>::quiet_NaN()
                                 : static_cast<double>(ops::cuda::widen(
                                       from[static_cast<size_t>(token * shape.channels + c)])));
      }
    }
    return rows;
  }

  /// `memory` with the layer normalisation of x + residual at the chosen rows.
  std::vector<double> normed(bool with_residual, float epsilon) const {
    auto to = as_double(memory), sum = as_double(x);
    const auto more = as_double(residual);
    for (size_t i = 0; with_residual && i < sum.size(); ++i) sum[i] += more[i];
    const auto channels = static_cast<size_t>(shape.channels);
    for (int64_t row = 0; row < shape.rows(); ++row) {
      const double* numbers = sum.data() + static_cast<size_t>(row) * channels;
      double mean = 0, variance = 0;
      for (size_t c = 0; c < channels; ++c) mean += numbers[c] / shape.channels;
      for (size_t c = 0; c < channels; ++c)
        variance += (numbers[c] - mean) * (numbers[c] - mean) / shape.channels;
      const int64_t token = shape.token(index.data(), row);
      for (size_t c = 0; c < channels && token >= 0; ++c) {
        to[static_cast<size_t>(token) * channels + c] =
            (numbers[c] - mean) / std::sqrt(variance + static_cast<double>(epsilon)) *
                static_cast<double>(weight[c]) +
            static_cast<double>(bias[c]);
      }
    }
    return to;
  }

  ops::cuda::RowShape shape;
  std::vector<T> memory, positions, x, residual;
  std::vector<float> weight, bias;
  std::vector<int64_t> index;
};

/// Lengths have no divisor in common with the step of the indices.
inline std::vector<ops::cuda::RowShape> row_shapes() {
  return {{.batch = 2, .length = 50, .chosen = 11, .channels = 256},
          {.batch = 1, .length = 9, .chosen = 9, .channels = 13},
          {.batch = 3, .length = 5, .chosen = 1, .channels = 1},
          {.batch = 1, .length = 40, .chosen = 30, .channels = 264},
          {.batch = 2, .length = 8, .chosen = 3, .channels = 32},
          {.batch = 2, .length = 8, .chosen = 0, .channels = 32}};
}

}  // namespace focus::test
