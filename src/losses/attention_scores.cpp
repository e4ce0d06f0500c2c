#include "losses/attention_scores.h"

#include "losses/prediction_loss.h"

namespace focus::losses {

at::Tensor attention_targets(const at::Tensor& attention, const at::Tensor& counts) {
  // The place of each token in the order of attention.
  const auto order = std::get<1>(attention.sort(1, /*descending=*/true));
  const auto place = std::get<1>(order.sort(1, /*descending=*/false));
  return place.lt(counts.to(place.device()).unsqueeze(1));
}

at::Tensor attention_loss(const nn::AttentionScores& scores) {
  const auto logits = widened(scores.logits);
  const auto wanted = attention_targets(scores.attention, scores.counts).to(logits.scalar_type());
  return at::binary_cross_entropy_with_logits(logits, wanted);
}

}  // namespace focus::losses
