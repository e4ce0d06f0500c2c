// The table for vectors of W float lanes. Included by one file per instruction set, like lanes.h.
#pragma once

#include "ops/attention/attention_vector.h"
#include "ops/cpu/kernel_table.h"
#include "ops/deform_attn/ms_deform_attn_vector.h"
#include "ops/deform_attn/point_placement_vector.h"
#include "ops/quantised/quantised_amx.h"
#include "ops/quantised/quantised_vector.h"
#include "ops/quantised/quantised_vnni.h"
#include "ops/winograd/winograd_gradient_vector.h"

namespace focus::ops::kernel {
namespace {

template <int W>
constexpr Table vector_kernels() {
  return {.lanes = W,
          .sample = sample_points<W>,
          .sample_gradient = sample_points_gradient<W>,
          .place = place_points<W>,
          .place_gradient = place_points_gradient<W>,
          .attend = attend_rows<W>,
          .attend_gradient = attend_gradient<W>,
          .winograd = winograd<W>,
          .winograd_weights = winograd_weights<W>,
          .winograd_gradient_tiles = winograd_gradient_tiles<W>,
          .winograd_gradient_products = winograd_gradient_products<W>,
          .winograd_gradient_weights = winograd_gradient_weights<W>,
          .quantise_rows = quantise_rows<W>,
          .multiply_quantised = multiply_quantised<W>,
          .multiply_quantised_vnni = W == 16 ? multiply_quantised_avx512_vnni : multiply_quantised_avx2_vnni,
          .multiply_quantised_amx = W == 16 ? multiply_quantised_amx : nullptr};
}

}  // namespace
}  // namespace focus::ops::kernel
