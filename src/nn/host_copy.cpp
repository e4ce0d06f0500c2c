#include "nn/host_copy.h"

#ifdef FOCUS_DETR_CUDA
#include "nn/cuda/stream_mark.h"
#endif

namespace focus::nn {

HostCopy::HostCopy(const at::Tensor& tensor) {
#ifdef FOCUS_DETR_CUDA
  if (tensor.is_cuda()) {
    // A GPU copies asynchronously only to pinned memory.
    copy_ = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true));
    copy_.copy_(tensor, /*non_blocking=*/true);
    arrival_ = mark_stream(tensor.device());
    return;
  }
#endif
  copy_ = tensor.to(at::kCPU);
}

const at::Tensor& HostCopy::wait() const {
  if (arrival_) arrival_();
  return copy_;
}

}  // namespace focus::nn
