#include "train/detector_loss.h"

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/recompute.h"

namespace focus::train {

std::function<losses::LossResult(const data::Batch&, double)> detector_loss(models::Detector& model,
                                                                            const RunOptions& options) {
  const bool mixed = options.train.precision == "bf16";
  const auto obstacle = mixed && model.device().is_cpu() ? nn::bfloat16_obstacle() : "";
  if (!obstacle.empty()) fail_usage("train.precision=bf16: {}, or use float32", obstacle);
  return [&model, mixed, recompute = options.train.recompute, criterion = losses::Criterion(options.loss)](
             const data::Batch& batch, double num_boxes) {
    const auto output = [&] {
      const nn::AutocastScope precision(mixed ? nn::AutocastState::bfloat16() : nn::AutocastState::off());
      const nn::RecomputeScope memory(recompute);
      return model.forward(batch.images, &batch.targets);
    }();
    return criterion(output, batch.targets, num_boxes);
  };
}

}  // namespace focus::train
