#include "train/faults/fault.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "nn/rng_state.h"
#include "train/clip.h"
#include "train/faults/finite_watch.h"

namespace focus::train {
namespace {

/// A fault that is there before any computation.
std::string fault_in_inputs(const torch::nn::Module& module, const data::Batch& batch) {
  for (const auto& tensor : unique_tensors(module)) {
    const auto value = not_finite_in(tensor.value);
    if (!value.empty()) return fmt::format("{} in the weights of the model, tensor '{}'", value, tensor.name);
  }
  for (size_t i = 0; i < batch.indices.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const auto& images = batch.images.images;
    const auto image = images.size(0) > index ? not_finite_in(images[index]) : std::string();
    if (!image.empty())
      return fmt::format("{} in the image with index {} of the training set", image, batch.indices[i]);
    const auto boxes = i < batch.targets.size() ? not_finite_in(batch.targets[i].boxes) : std::string();
    if (!boxes.empty()) {
      return fmt::format("{} in a box of the image with index {} of the training set", boxes,
                         batch.indices[i]);
    }
  }
  return "";
}

/// The buffers of a module come back as they were.
class BufferScope {
 public:
  explicit BufferScope(const torch::nn::Module& module) {
    for (const auto& buffer : module.named_buffers())
      saved_.emplace_back(buffer.value(), buffer.value().clone());
  }
  ~BufferScope() {
    const at::NoGradGuard no_grad;
    for (auto& [buffer, value] : saved_) buffer.copy_(value);
  }
  BufferScope(const BufferScope&) = delete;
  BufferScope& operator=(const BufferScope&) = delete;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> saved_;
};

double norm_of_gradients(const torch::nn::Module& module) {
  std::vector<OptimizedParameter> parameters;
  for (const auto& parameter : unique_parameters(module))
    parameters.push_back({parameter.name, parameter.value});
  return gradient_norm(parameters);
}

}  // namespace

FaultReport look_again(torch::nn::Module& module, const Attempt& attempt,
                       const std::function<losses::LossResult(const data::Batch&)>& loss) {
  FaultReport report;
  report.cause = fault_in_inputs(module, attempt.batch);
  report.loss = report.gradient_norm = std::numeric_limits<double>::quiet_NaN();
  const nn::RngScope random;
  const BufferScope buffers(module);
  nn::set_cpu_rng_state(attempt.random_state, "state of the step");
  FiniteWatch watch(module);
  try {
    const at::AutoGradMode gradients(true);
    const losses::LossResult result = loss(attempt.batch);
    report.loss = result.total.item<double>();
    for (const auto& [name, value] : result.weighted) report.terms.emplace_back(name, value.item<double>());
    watch.begin_backward();
    result.total.backward();
    report.gradient_norm = norm_of_gradients(module);
  } catch (const losses::NonFiniteError& error) {
    // What it says is where it was noticed; the watch knows where it came from.
    if (report.cause.empty() && watch.first().empty()) report.cause = error.what();
  }
  if (report.cause.empty()) report.cause = watch.first();
  if (report.cause.empty() && !(std::isfinite(report.loss) && std::isfinite(report.gradient_norm)))
    report.cause = "a sum that is too large for its type";
  return report;
}

}  // namespace focus::train
