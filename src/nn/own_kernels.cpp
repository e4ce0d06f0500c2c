#include "nn/own_kernels.h"

#include "nn/autocast.h"
#include "nn/reference_path.h"

namespace focus::nn {

bool runs_own_kernels(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && !ReferencePath::active() && !AutocastState::now().cpu;
}

}  // namespace focus::nn
