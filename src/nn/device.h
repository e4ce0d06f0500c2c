// Where a model runs: the CPU, or a GPU that LibTorch knows.
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace focus::nn {

/// The device of a name: "cpu", "cuda" (the first GPU), "cuda:N", or "auto", a GPU where there is one.
/// Throws UsageError for other names and for a GPU that is not there, saying what is.
c10::Device parse_device(const std::string& name);

}  // namespace focus::nn
