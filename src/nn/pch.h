// Precompiled header of every file that uses LibTorch. Narrow on purpose: torch/torch.h costs 20 s a file.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>
#include <torch/nn/module.h>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>
