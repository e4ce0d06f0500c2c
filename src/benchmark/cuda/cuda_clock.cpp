#include "benchmark/cuda/cuda_clock.h"

#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAStream.h>

namespace focus::benchmark {
namespace {

class CudaClock final : public DeviceClock {
 public:
  explicit CudaClock(c10::Device device) : device_(device) {}

  void start() override { start_.record(stream()); }
  double seconds() override {
    end_.record(stream());
    end_.synchronize();
    return 1e-3 * start_.elapsed_time(end_);
  }

 private:
  c10::cuda::CUDAStream stream() const { return c10::cuda::getCurrentCUDAStream(device_.index()); }

  c10::Device device_;
  // LibTorch's events do not record times by default.
  at::cuda::CUDAEvent start_{cudaEventDefault}, end_{cudaEventDefault};
};

}  // namespace

std::unique_ptr<DeviceClock> cuda_clock(c10::Device device) { return std::make_unique<CudaClock>(device); }

}  // namespace focus::benchmark
