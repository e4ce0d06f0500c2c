// A detector whose backbone has layer scales of next to nothing, and norms of its own, learns.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "models/tiny_model.h"
#include "train/detector_loss.h"
#include "train/optimizer.h"
#include "train/tiny_batch.h"

namespace focus::train {
namespace {

TEST(ConvNeXtDetector, LearnsTwoImages) {
  RunOptions options;
  options.model = test::tiny_options();
  options.model.backbone = {.name = "convnext_tiny", .frozen_stages = 0};
  options.loss.foreground.size_bounds = {16, 32, 64};
  options.train.optimizer.backbone_lr_factor = 1;
  at::manual_seed(1);
  const auto model = models::make_detector(options.model);
  model->train();
  const auto scale = model->named_parameters()["backbone.stages.3.2.gamma"];
  const auto scale_before = scale.detach().clone();
  AdamW optimizer(optimized_parameters(*model, options.train.optimizer), options.train.optimizer);
  const auto loss = detector_loss(*model, options);
  std::vector<double> losses;
  for (int step = 0; step < 6; ++step) {
    optimizer.zero_grad();
    at::manual_seed(2);  // The same noise and the same branches: only the weights differ.
    const auto result = loss(test::tiny_batch(), 4);
    result.total.backward();
    optimizer.step(1e-3);
    losses.push_back(result.total.item<double>());
  }
  EXPECT_LT(losses.back(), 0.9 * losses.front());
  EXPECT_FALSE(scale.equal(scale_before)) << "the layer scales learn, too";
}

}  // namespace
}  // namespace focus::train
