#include "train/ema.h"

#include <algorithm>

namespace focus::train {

Ema::Ema(const torch::nn::Module& module, double decay) : updates_(at::zeros({}, at::kLong)), decay_(decay) {
  for (auto& tensor : unique_tensors(module)) {
    if (!tensor.value.is_floating_point()) continue;
    averages_.push_back(tensor.value.detach().clone());
    values_.push_back(std::move(tensor));
  }
}

void Ema::update() {
  const at::NoGradGuard no_grad;
  const auto n = static_cast<double>((*updates_.data_ptr<int64_t>())++);
  const double decay = std::min(decay_, (1 + n) / (10 + n));
  for (size_t i = 0; i < values_.size(); ++i) averages_[i].lerp_(values_[i].value, 1 - decay);
}

void Ema::swap() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < values_.size(); ++i) {
    const at::Tensor value = values_[i].value.detach().clone();
    values_[i].value.copy_(averages_[i]);
    averages_[i].copy_(value);
  }
}

std::vector<NamedTensor> Ema::state() const {
  std::vector<NamedTensor> out;
  for (size_t i = 0; i < values_.size(); ++i) out.push_back({values_[i].name, averages_[i]});
  out.push_back({"ema_updates", updates_});
  return out;
}

EmaScope::EmaScope(Ema* ema) : ema_(ema) {
  if (ema_ != nullptr) ema_->swap();
}

EmaScope::~EmaScope() {
  if (ema_ != nullptr) ema_->swap();
}

}  // namespace focus::train
