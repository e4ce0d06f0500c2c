#include "benchmark/device_rates.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "benchmark/device_clock.h"

namespace focus::benchmark {
namespace {

constexpr int kRounds = 6;

/// Seconds of the fastest round.
double least_seconds(c10::Device device, const std::function<void()>& work) {
  const auto clock = device_clock(device);
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    clock->start();
    work();
    least = std::min(least, clock->seconds());
  }
  return least;
}

}  // namespace

double matrix_gflops(c10::Device device, at::ScalarType type, int64_t side) {
  const at::NoGradGuard no_grad;
  if (side == 0) side = device.is_cpu() ? 2048 : 8192;
  const auto options = at::TensorOptions(device).dtype(type);
  const auto a = at::ones({side, side}, options), b = at::ones({side, side}, options);
  auto product = at::zeros({side, side}, options);
  const double seconds = least_seconds(device, [&] { at::mm_out(product, a, b); });
  const auto length = static_cast<double>(side);
  return 2e-9 * length * length * length / seconds;
}

double copy_gigabytes(c10::Device device, int64_t bytes) {
  const at::NoGradGuard no_grad;
  const auto from = at::ones({bytes}, at::TensorOptions(device).dtype(at::kByte));
  auto to = at::zeros_like(from);
  return 2e-9 * static_cast<double>(bytes) / least_seconds(device, [&] { to.copy_(from); });
}

}  // namespace focus::benchmark
