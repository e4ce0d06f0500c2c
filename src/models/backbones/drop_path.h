// Stochastic depth (Huang et al. 2016, "Deep Networks with Stochastic Depth").
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <vector>

namespace focus::models {

/// Drops a residual branch for some images of a batch, in training only; the others' are scaled so that the
/// mean does not change.
/// @param branch (B, ., ., .)
at::Tensor drop_path(const at::Tensor& branch, double chance, bool training);

/// The drop probability of each block of each stage: from 0 for the first block to `last` for the last, in
/// even steps.
std::vector<std::vector<double>> drop_chances(double last, const std::array<int64_t, 4>& blocks);

}  // namespace focus::models
