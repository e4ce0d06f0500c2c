// Random numbers for the CUDA kernels and how far results are off, without LibTorch.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "ops/cuda/numbers.h"

namespace focus::test {

/// Uniform in -1..1, the same on every machine.
class RandomNumbers {
 public:
  explicit RandomNumbers(uint64_t seed) : state_(seed) {}
  double next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
  }

  /// `scale` times that plus `offset`, as a T holds it.
  template <typename T>
  std::vector<T> numbers(int64_t count, double scale, double offset) {
    std::vector<T> all(static_cast<size_t>(count));
    for (T& number : all) ops::cuda::narrow(static_cast<ops::cuda::Real<T>>(next() * scale + offset), number);
    return all;
  }

 private:
  uint64_t state_;
};

template <typename T>
std::vector<double> as_double(const std::vector<T>& numbers) {
  std::vector<double> wide;
  for (const T number : numbers) wide.push_back(static_cast<double>(ops::cuda::widen(number)));
  return wide;
}

/// Largest difference, relative to the largest magnitude expected; infinity where a number is not one.
inline double relative_error(const std::vector<double>& found, const std::vector<double>& expected) {
  if (found.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double scale = 1e-12, error = 0;
  for (const double number : expected) scale = std::max(scale, std::abs(number));
  for (size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(found[i] - expected[i]);
    if (!(difference <= std::numeric_limits<double>::max())) return std::numeric_limits<double>::infinity();
    error = std::max(error, difference);
  }
  return error / scale;
}

}  // namespace focus::test
