#include "models/decoders/heads.h"

#include <cmath>

#include "nn/autocast.h"
#include "nn/box_ops.h"

namespace focus::models {
namespace {

/// Coordinates need float32 even if the rest of the model runs in a lower precision.
at::Tensor box_logits_of(nn::Mlp& head, const at::Tensor& states) {
  const nn::AutocastScope scope(nn::AutocastState::off());
  return head.forward(nn::at_least_float32(states));
}

}  // namespace

Heads Heads::make(const DetectorOptions& options, int64_t count) {
  constexpr double kPriorProbability =
      0.01;  // For focal loss: initially no objects (RetinaNet, section 4.1).
  const int64_t width = options.transformer.width;
  Heads heads{std::make_shared<nn::ModuleList<nn::Linear>>(), std::make_shared<nn::ModuleList<nn::Mlp>>(),
              static_cast<size_t>(options.transformer.decoder_layers)};
  at::NoGradGuard no_grad;
  for (int64_t i = 0; i < count; ++i) {
    auto& scores = heads.classes->emplace(width, options.classes);
    scores.bias.fill_(-std::log((1 - kPriorProbability) / kPriorProbability));
    scores.never_quantise();
    auto& last = heads.boxes->emplace(width, width, 4, 3).last();
    last.weight.zero_();
    last.bias.zero_();
    last.never_quantise();
  }
  return heads;
}

nn::Prediction Heads::predict(size_t index, const at::Tensor& states, const at::Tensor& references) const {
  return {(*classes)[index].forward(states),
          refined_boxes((*boxes)[index], states, references, reference_eps)};
}

nn::Prediction Heads::predict_tokens(size_t index, const at::Tensor& states,
                                     const at::Tensor& box_logits) const {
  return {(*classes)[index].forward(states), (box_logits_of((*boxes)[index], states) + box_logits).sigmoid()};
}

at::Tensor refined_boxes(nn::Mlp& head, const at::Tensor& states, const at::Tensor& references, double eps) {
  const auto moved = box_logits_of(head, states);
  auto logits = nn::inverse_sigmoid(references, eps);
  if (logits.size(-1) == 2) logits = at::constant_pad_nd(logits, {0, 2});
  return at::sigmoid(moved + logits);
}

}  // namespace focus::models
