// Where a model runs: the CPU, or a GPU that LibTorch supports.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace focus::nn {

/// The device with a name: "cpu", "cuda" (the first GPU), "cuda:N", or "auto", the first GPU if there is one.
/// Throws UsageError for other names and for a GPU that does not exist.
c10::Device parse_device(const std::string& name);

/// A tensor (n) of the given numbers, filled on its device: a copy from the host would wait for the device
/// and could not be part of a recording (detector/replay.h).
at::Tensor numbers_on_device(const std::vector<double>& numbers, const at::TensorOptions& options);

}  // namespace focus::nn
