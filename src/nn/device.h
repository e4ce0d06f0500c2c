// Where a model runs: the CPU, or a GPU that LibTorch knows.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace focus::nn {

/// The device of a name: "cpu", "cuda" (the first GPU), "cuda:N", or "auto", a GPU where there is one.
/// Throws UsageError for other names and for a GPU that is not there, saying what is.
c10::Device parse_device(const std::string& name);

/// Numbers the host knows, as a tensor (n) made on its device: a copy would wait for the device and could not
/// be part of a recording (detector/replay.h).
at::Tensor numbers_on_device(const std::vector<double>& numbers, const at::TensorOptions& options);

}  // namespace focus::nn
