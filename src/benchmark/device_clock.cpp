#include "benchmark/device_clock.h"

#include <ATen/ATen.h>

#include <chrono>

#ifdef FOCUS_DETR_CUDA
#include "benchmark/cuda/cuda_clock.h"
#endif

namespace focus::benchmark {
namespace {

class HostClock final : public DeviceClock {
 public:
  explicit HostClock(c10::Device device) {
    if (!device.is_cpu()) last_ = at::zeros({1}, device);
  }

  void start() override {
    wait();
    start_ = Clock::now();
  }
  double seconds() override {
    wait();
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// A device works asynchronously and in order: a value can be read once all work before it is done.
  void wait() const {
    if (last_.defined()) last_.item<float>();
  }

  at::Tensor last_;
  Clock::time_point start_;
};

}  // namespace

std::unique_ptr<DeviceClock> device_clock(c10::Device device) {
#ifdef FOCUS_DETR_CUDA
  if (device.is_cuda()) return cuda_clock(device);
#endif
  return std::make_unique<HostClock>(device);
}

}  // namespace focus::benchmark
