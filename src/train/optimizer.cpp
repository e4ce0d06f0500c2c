#include "train/optimizer.h"

#include <map>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "train/adamw_kernel.h"

namespace focus::train {
namespace {

std::string owner_of(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

}  // namespace

std::vector<OptimizedParameter> optimized_parameters(const torch::nn::Module& module,
                                                     const OptimizerOptions& options) {
  const auto parameters = unique_parameters(module);
  std::unordered_set<std::string> norm_weights;
  for (const auto& [name, value] : parameters) {
    if (value.dim() == 1 && (name == "weight" || name.ends_with(".weight"))) norm_weights.insert(name);
  }
  std::vector<OptimizedParameter> out;
  for (const auto& [name, value] : parameters) {
    if (!value.requires_grad()) continue;
    const std::string owner = owner_of(name);
    const bool norm = norm_weights.contains(owner.empty() ? "weight" : owner + ".weight");
    const bool backbone = name.find("backbone") != std::string::npos;
    out.push_back(
        {name, value, backbone ? options.backbone_lr_factor : 1.0, norm ? 0.0 : options.weight_decay});
  }
  return out;
}

AdamW::AdamW(std::vector<OptimizedParameter> parameters, const OptimizerOptions& options)
    : parameters_(std::move(parameters)), eps_(options.eps) {
  if (options.betas.size() != 2) {
    fail_usage("option 'optimizer.betas' has {} numbers; it takes two, such as 0.9,0.999",
               options.betas.size());
  }
  beta1_ = options.betas[0];
  beta2_ = options.betas[1];
  for (const auto& parameter : parameters_) {
    const at::Tensor value = parameter.value.detach();
    moments_.push_back({at::zeros_like(value), at::zeros_like(value), at::zeros({}, at::kLong)});
  }
}

void AdamW::step(double lr, double gradient_scale) {
  const at::NoGradGuard no_grad;
  // What is not updated by our own kernel, by the numbers it is updated with.
  std::map<std::tuple<double, double, int64_t, at::ScalarType>, AdamWTensors> others;
  const auto coefficients_of = [&](double lr_factor, double weight_decay, int64_t step) {
    return AdamWCoefficients{lr * lr_factor, weight_decay, beta1_, beta2_, eps_, gradient_scale, step};
  };
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const OptimizedParameter& parameter = parameters_[i];
    const at::Tensor& gradient = parameter.value.grad();
    if (!gradient.defined()) continue;
    Moments& moments = moments_[i];
    const int64_t step = ++*moments.step.data_ptr<int64_t>();
    if (adamw_fusable(parameter.value)) {
      adamw_fused(parameter.value, gradient, moments.exp_avg, moments.exp_avg_sq,
                  coefficients_of(parameter.lr_factor, parameter.weight_decay, step));
      continue;
    }
    auto& group = others[{parameter.lr_factor, parameter.weight_decay, step, parameter.value.scalar_type()}];
    group.parameters.push_back(parameter.value);
    group.gradients.push_back(gradient);
    group.exp_avgs.push_back(moments.exp_avg);
    group.exp_avg_sqs.push_back(moments.exp_avg_sq);
  }
  for (const auto& [numbers, group] : others) {
    const auto [lr_factor, weight_decay, step, type] = numbers;
    adamw_reference(group, coefficients_of(lr_factor, weight_decay, step));
  }
}

void AdamW::zero_grad() {
  for (auto& parameter : parameters_) parameter.value.mutable_grad().reset();
}

std::vector<NamedTensor> AdamW::state() const {
  std::vector<NamedTensor> out;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    out.push_back({parameters_[i].name + ".step", moments_[i].step});
    out.push_back({parameters_[i].name + ".exp_avg", moments_[i].exp_avg});
    out.push_back({parameters_[i].name + ".exp_avg_sq", moments_[i].exp_avg_sq});
  }
  return out;
}

}  // namespace focus::train
