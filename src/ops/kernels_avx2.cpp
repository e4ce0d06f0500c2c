#ifdef __x86_64__

#include "ops/attention_vector.h"
#include "ops/ms_deform_attn_vector.h"
#include "ops/point_placement_vector.h"
#include "ops/winograd_vector.h"

namespace focus::ops::kernel {

void forward_avx2(const Sampling<float>& in, float* output, int64_t begin, int64_t end) {
  forward_vector<8>(in, output, begin, end);
}

void backward_avx2(const Sampling<float>& in, const Gradients<float>& grad, int64_t begin, int64_t end) {
  backward_vector<8>(in, grad, begin, end);
}

void place_avx2(const Placement& in, int64_t begin, int64_t end, float* scratch, float* locations,
                float* weights) {
  place_points<8>(in, begin, end, scratch, locations, weights);
}

void attend_avx2(const AttentionHead& in, int64_t begin, int64_t end, float* scratch) {
  attend_rows<8>(in, begin, end, scratch);
}

void winograd_avx2(const Winograd& work, const WinogradPart& part, float* scratch) {
  winograd<8>(work, part, scratch);
}

}  // namespace focus::ops::kernel

#endif
