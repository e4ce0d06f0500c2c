#include "nn/device.h"

#include <ATen/Context.h>

#include "base/error.h"
#include "base/numbers.h"

namespace focus::nn {
namespace {

int64_t gpu_count() { return at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0; }

/// The number after "cuda:".
int64_t gpu_number(const std::string& name) {
  constexpr std::string_view kPrefix = "cuda:";
  const bool prefixed = name.starts_with(kPrefix);
  const auto number =
      prefixed ? parse_number<int64_t>(std::string_view(name).substr(kPrefix.size())) : std::nullopt;
  if (!number || *number < 0) {
    fail_usage("device '{}' is not known; it takes auto, cpu, cuda, or cuda:N with the GPU's number", name);
  }
  return *number;
}

}  // namespace

c10::Device parse_device(const std::string& name) {
  if (name == "cpu") return {c10::DeviceType::CPU};
  const int64_t gpus = gpu_count();
  if (name == "auto")
    return gpus > 0 ? c10::Device(c10::DeviceType::CUDA, 0) : c10::Device(c10::DeviceType::CPU);
  const int64_t number = name == "cuda" ? 0 : gpu_number(name);
  // hasCUDA is also false if LibTorch has CUDA but there is no GPU.
  if (!at::globalContext().hasCUDART()) {
    fail_usage("device '{}': the LibTorch of this build has no CUDA; use device cpu, or see docs/gpu.md",
               name);
  }
  if (gpus == 0)
    fail_usage("device '{}': no GPU is found; use device cpu, or check that nvidia-smi lists one", name);
  if (number >= gpus) fail_usage("device '{}': there are {} GPUs, the last is cuda:{}", name, gpus, gpus - 1);
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(number)};
}

at::Tensor numbers_on_device(const std::vector<double>& numbers, const at::TensorOptions& options) {
  const auto count = static_cast<int64_t>(numbers.size());
  auto result = at::empty({count}, options);
  for (int64_t i = 0; i < count; ++i) result.select(0, i).fill_(numbers[static_cast<size_t>(i)]);
  return result;
}

}  // namespace focus::nn
