#include "nn/batch_norm.h"

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/recompute.h"

namespace focus::nn {
namespace {
constexpr double kEps = 1e-5;
constexpr double kMomentum = 0.1;
}  // namespace

BatchNormMode batch_norm_mode(const std::string& name) {
  if (name == "frozen") return BatchNormMode::kFrozen;
  if (name == "live") return BatchNormMode::kLive;
  fail_usage("batch norm is '{}'; it must be frozen or live", name);
}

BatchNorm::BatchNorm(int64_t channels, BatchNormMode mode) : mode_(mode) {
  auto constant_or_learned = [&](const char* name, const at::Tensor& value) {
    return mode == BatchNormMode::kFrozen ? register_buffer(name, value) : register_parameter(name, value);
  };
  weight = constant_or_learned("weight", at::ones({channels}));
  bias = constant_or_learned("bias", at::zeros({channels}));
  running_mean = register_buffer("running_mean", at::zeros({channels}));
  // A frozen norm without loaded weights is the identity: with eps, the variance's square root is then
  // exactly one.
  running_var =
      register_buffer("running_var", at::full({channels}, mode == BatchNormMode::kFrozen ? 1.0 - kEps : 1.0));
}

std::optional<BatchNorm::Affine> BatchNorm::constant_affine() const {
  if (mode_ == BatchNormMode::kLive && is_training()) return std::nullopt;
  const auto scale = weight * at::rsqrt(running_var + kEps);
  return Affine{scale, bias - running_mean * scale};
}

at::Tensor BatchNorm::forward_live(const at::Tensor& x) {
  // A recomputed batch must not update the running averages twice.
  const bool counts = !is_recomputing();
  return at::batch_norm(at_least_float32(x), weight, bias, counts ? running_mean : at::Tensor(),
                        counts ? running_var : at::Tensor(), /*training=*/true, kMomentum, kEps,
                        /*cudnn_enabled=*/true);
}

}  // namespace focus::nn
