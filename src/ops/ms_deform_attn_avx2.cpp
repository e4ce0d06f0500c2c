#ifdef __x86_64__

#include "ops/ms_deform_attn_vector.h"

namespace focus::ops::kernel {

void forward_avx2(const Sampling<float>& in, float* output, int64_t begin, int64_t end) {
  forward_vector<8>(in, output, begin, end);
}

void backward_avx2(const Sampling<float>& in, const Gradients<float>& grad, int64_t begin, int64_t end) {
  backward_vector<8>(in, grad, begin, end);
}

}  // namespace focus::ops::kernel

#endif
