#include "detector/cuda/cuda_recording.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace focus::detector {
namespace {

/// What other threads do on the GPU meanwhile, such as copying the next image to it, does not belong to the
/// recording; LibTorch accepts this mode from 2.1 on.
template <typename Graph>
void begin_recording(Graph& graph) {
  if constexpr (requires { graph.capture_begin({}, cudaStreamCaptureModeThreadLocal); }) {
    graph.capture_begin({}, cudaStreamCaptureModeThreadLocal);
  } else {
    graph.capture_begin();
  }
}

class CudaRecording final : public Recording {
 public:
  CudaRecording(c10::Device device, const std::function<void()>& work) : device_(device) {
    const c10::cuda::CUDAGuard guard(device_);
    // Work launched earlier is not part of the graph and must have finished; the default stream cannot be
    // recorded.
    c10::cuda::getCurrentCUDAStream().synchronize();
    const c10::cuda::CUDAStreamGuard side(
        c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device_.index()));
    begin_recording(graph_);
    try {
      work();
    } catch (...) {
      end_quietly();
      throw;
    }
    graph_.capture_end();
  }

  void replay() override {
    const c10::cuda::CUDAGuard guard(device_);
    graph_.replay();
  }

 private:
  /// A stream left in recording mode refuses all further work.
  void end_quietly() noexcept {
    try {
      graph_.capture_end();
    } catch (...) {  // The first error is the one to report.
    }
  }

  c10::Device device_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::unique_ptr<Recording> record_on_cuda(c10::Device device, const std::function<void()>& work) {
  return std::make_unique<CudaRecording>(device, work);
}

}  // namespace focus::detector
