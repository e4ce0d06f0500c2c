#ifdef __x86_64__

#include "ops/attention/attention_vector.h"
#include "ops/deform_attn/ms_deform_attn_vector.h"
#include "ops/deform_attn/point_placement_vector.h"
#include "ops/winograd/winograd_gradient_vector.h"

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

void place_backward_avx2(const Placement& in, const PlacementGradient& grad, int64_t begin, int64_t end,
                         float* scratch) {
  place_backward<8>(in, grad, begin, end, scratch);
}

void attend_avx2(const AttentionHead& in, int64_t begin, int64_t end, float* scratch) {
  attend_rows<8>(in, begin, end, scratch);
}

void attend_backward_avx2(const AttentionGradient& in, float* scratch) { attend_backward<8>(in, scratch); }

void winograd_avx2(const Winograd& work, const WinogradPart& part, float* scratch) {
  winograd<8>(work, part, scratch);
}

void winograd_weights_avx2(const WinogradWeights& from, float* to, int64_t begin, int64_t end) {
  winograd_weights<8>(from, to, begin, end);
}

void winograd_gradient_tiles_avx2(const WinogradGradient& work, int64_t tile_begin, int64_t tile_end,
                                  int64_t begin, int64_t end) {
  winograd_gradient_tiles<8>(work, tile_begin, tile_end, begin, end);
}

void winograd_gradient_products_avx2(const WinogradGradient& work, int64_t tiles, bool add, int64_t begin,
                                     int64_t end) {
  winograd_gradient_products<8>(work, tiles, add, begin, end);
}

void winograd_gradient_weights_avx2(const WinogradGradient& work, float* grad_weights, int64_t begin,
                                    int64_t end) {
  winograd_gradient_weights<8>(work, grad_weights, begin, end);
}

}  // namespace focus::ops::kernel

#endif
