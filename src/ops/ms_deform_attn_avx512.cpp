#ifdef __x86_64__

#include "ops/ms_deform_attn_vector.h"

namespace focus::ops::kernel {

void forward_avx512(const Sampling<float>& in, float* output, int64_t begin, int64_t end) {
  forward_vector<16>(in, output, begin, end);
}

void backward_avx512(const Sampling<float>& in, const Gradients<float>& grad, int64_t begin, int64_t end) {
  backward_vector<16>(in, grad, begin, end);
}

}  // namespace focus::ops::kernel

#endif
