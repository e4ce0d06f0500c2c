#include "train/adamw_kernel.h"

#include <ATen/Parallel.h>

#include <cmath>

namespace focus::train {
namespace {

/// Float32 values of one update, hoisted out of the loop. Names as in the formula of adamw_reference.
struct Hoisted {
  float decay, beta1, one_minus_beta1, beta2, one_minus_beta2, step_size, root_correction, eps,
      gradient_scale;
};

Hoisted hoist(const AdamWCoefficients& c) {
  const double correction1 = 1 - std::pow(c.beta1, c.step);
  const double correction2 = 1 - std::pow(c.beta2, c.step);
  return {static_cast<float>(1 - c.lr * c.weight_decay),
          static_cast<float>(c.beta1),
          static_cast<float>(1 - c.beta1),
          static_cast<float>(c.beta2),
          static_cast<float>(1 - c.beta2),
          static_cast<float>(c.lr / correction1),
          static_cast<float>(1 / std::sqrt(correction2)),
          static_cast<float>(c.eps),
          static_cast<float>(c.gradient_scale)};
}

void update(float* __restrict parameter, const float* __restrict gradient, float* __restrict exp_avg,
            float* __restrict exp_avg_sq, int64_t begin, int64_t end, const Hoisted h) {
  for (int64_t i = begin; i < end; ++i) {
    const float g = gradient[i] * h.gradient_scale;
    const float m = exp_avg[i] * h.beta1 + g * h.one_minus_beta1;
    const float v = exp_avg_sq[i] * h.beta2 + g * g * h.one_minus_beta2;
    exp_avg[i] = m;
    exp_avg_sq[i] = v;
    parameter[i] = parameter[i] * h.decay - h.step_size * m / (std::sqrt(v) * h.root_correction + h.eps);
  }
}

}  // namespace

void adamw_reference(const AdamWTensors& all, const AdamWCoefficients& c) {
  const double correction1 = 1 - std::pow(c.beta1, c.step);
  const double correction2 = 1 - std::pow(c.beta2, c.step);
  const auto g = at::_foreach_mul(all.gradients, c.gradient_scale);
  at::_foreach_mul_(all.exp_avgs, c.beta1);
  at::_foreach_add_(all.exp_avgs, at::_foreach_mul(g, 1 - c.beta1));
  at::_foreach_mul_(all.exp_avg_sqs, c.beta2);
  at::_foreach_addcmul_(all.exp_avg_sqs, g, g, 1 - c.beta2);
  at::_foreach_mul_(all.parameters, 1 - c.lr * c.weight_decay);
  const auto roots = at::_foreach_sqrt(all.exp_avg_sqs);
  at::_foreach_div_(roots, std::sqrt(correction2));
  at::_foreach_add_(roots, c.eps);
  at::_foreach_addcdiv_(all.parameters, all.exp_avgs, roots, -c.lr / correction1);
}

void adamw_fused(const at::Tensor& parameter, const at::Tensor& gradient, const at::Tensor& exp_avg,
                 const at::Tensor& exp_avg_sq, const AdamWCoefficients& coefficients) {
  at::Tensor aligned = gradient;
  if (gradient.strides() != parameter.strides()) aligned = at::empty_like(parameter).copy_(gradient);
  const Hoisted hoisted = hoist(coefficients);
  float* const p = parameter.data_ptr<float>();
  const float* const g = aligned.data_ptr<float>();
  float* const m = exp_avg.data_ptr<float>();
  float* const v = exp_avg_sq.data_ptr<float>();
  at::parallel_for(0, parameter.numel(), 1 << 15,
                   [&](int64_t begin, int64_t end) { update(p, g, m, v, begin, end, hoisted); });
  // Writing through raw pointers hides the change from autograd and from caches of packed weights.
  parameter.unsafeGetTensorImpl()->bump_version();
}

bool adamw_fusable(const at::Tensor& parameter) {
  return parameter.device().is_cpu() && parameter.scalar_type() == at::kFloat &&
         parameter.is_non_overlapping_and_dense();
}

}  // namespace focus::train
