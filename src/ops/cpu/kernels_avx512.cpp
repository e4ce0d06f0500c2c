#ifdef __x86_64__

#include "ops/attention/attention_vector.h"
#include "ops/deform_attn/ms_deform_attn_vector.h"
#include "ops/deform_attn/point_placement_vector.h"
#include "ops/winograd/winograd_gradient_vector.h"

namespace focus::ops::kernel {

void forward_avx512(const Sampling<float>& in, float* output, int64_t begin, int64_t end) {
  forward_vector<16>(in, output, begin, end);
}

void backward_avx512(const Sampling<float>& in, const Gradients<float>& grad, int64_t begin, int64_t end) {
  backward_vector<16>(in, grad, begin, end);
}

void place_avx512(const Placement& in, int64_t begin, int64_t end, float* scratch, float* locations,
                  float* weights) {
  place_points<16>(in, begin, end, scratch, locations, weights);
}

void place_backward_avx512(const Placement& in, const PlacementGradient& grad, int64_t begin, int64_t end,
                           float* scratch) {
  place_backward<16>(in, grad, begin, end, scratch);
}

void attend_avx512(const AttentionHead& in, int64_t begin, int64_t end, float* scratch) {
  attend_rows<16>(in, begin, end, scratch);
}

void attend_backward_avx512(const AttentionGradient& in, float* scratch) { attend_backward<16>(in, scratch); }

void winograd_avx512(const Winograd& work, const WinogradPart& part, float* scratch) {
  winograd<16>(work, part, scratch);
}

void winograd_weights_avx512(const WinogradWeights& from, float* to, int64_t begin, int64_t end) {
  winograd_weights<16>(from, to, begin, end);
}

void winograd_gradient_tiles_avx512(const WinogradGradient& work, int64_t tile_begin, int64_t tile_end,
                                    int64_t begin, int64_t end) {
  winograd_gradient_tiles<16>(work, tile_begin, tile_end, begin, end);
}

void winograd_gradient_products_avx512(const WinogradGradient& work, int64_t tiles, bool add, int64_t begin,
                                       int64_t end) {
  winograd_gradient_products<16>(work, tiles, add, begin, end);
}

void winograd_gradient_weights_avx512(const WinogradGradient& work, float* grad_weights, int64_t begin,
                                      int64_t end) {
  winograd_gradient_weights<16>(work, grad_weights, begin, end);
}

}  // namespace focus::ops::kernel

#endif
