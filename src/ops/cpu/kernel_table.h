// One table of all CPU kernels that exist once per instruction set. Each set is one file that fills the
// table; isa.cpp lists the sets and chooses. Includes nothing that has code, for the reason given in
// ms_deform_attn_kernel.h.
#pragma once

#include <cstdint>

#include "ops/attention/attention_kernel.h"
#include "ops/deform_attn/ms_deform_attn_kernel.h"
#include "ops/deform_attn/point_placement_kernel.h"
#include "ops/quantised/quantised_kernel.h"
#include "ops/winograd/winograd_kernel.h"

namespace focus::ops::kernel {

/// Contracts are documented with the types. Null: this set has no such kernel. An op with a null kernel is
/// not offered (has_attention_kernel, WinogradConvolution::lanes, has_ms_deform_attn_raw,
/// QuantisedLinear::has_kernel), and its caller takes LibTorch's or oneDNN's operators; every set has `sample`
/// and `sample_gradient`.
struct Table {
  int64_t lanes = 1;  ///< Floats per vector.

  Sample<float>* sample = nullptr;
  SampleGradient<float>* sample_gradient = nullptr;

  Place* place = nullptr;
  PlaceGradient* place_gradient = nullptr;

  Attend* attend = nullptr;
  AttendGradient* attend_gradient = nullptr;

  Convolve* winograd = nullptr;
  WeightsToPoints* winograd_weights = nullptr;
  GradientTiles* winograd_gradient_tiles = nullptr;
  GradientProducts* winograd_gradient_products = nullptr;
  GradientWeights* winograd_gradient_weights = nullptr;

  QuantiseRows* quantise_rows = nullptr;
  MultiplyQuantised* multiply_quantised = nullptr;
  MultiplyQuantised* multiply_quantised_vnni = nullptr;  ///< For CPUs that also have VNNI.
  MultiplyQuantised* multiply_quantised_amx = nullptr;  ///< For CPUs that also have AMX; only beside AVX-512.
};

extern const Table kScalarKernels;
#ifdef __x86_64__
extern const Table kAvx2Kernels, kAvx512Kernels;
#endif

}  // namespace focus::ops::kernel
