#include "losses/focal.h"

namespace focus::losses {

at::Tensor sigmoid_focal_loss(const at::Tensor& logits, const at::Tensor& positive, double alpha,
                              double gamma, at::IntArrayRef sum_dims) {
  // With the sign of the target, one formula serves both: p_t = sigmoid(margin), 1 - p_t = sigmoid(-margin).
  const at::Tensor margin = at::where(positive, logits, -logits);
  const at::Tensor weight = (1 - alpha) + positive.to(logits.scalar_type()) * (2 * alpha - 1);
  // The power as exp(gamma log): its gradient stays finite where 1 - p_t underflows and gamma is below 1.
  const at::Tensor modulation = (gamma * at::log_sigmoid(-margin)).exp();
  const at::Tensor loss = modulation * at::log_sigmoid(margin) * weight;
  return sum_dims.empty() ? -loss.sum() : -loss.sum(sum_dims);
}

}  // namespace focus::losses
