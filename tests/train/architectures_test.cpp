// Every architecture learns a batch by heart with its own losses.
#include <gtest/gtest.h>

#include "losses/criterion.h"
#include "models/tiny_model.h"
#include "train/optimizer.h"

namespace focus::test {
namespace {

struct Learner {
  const char* architecture;
  bool two_stage = false;
  int steps = 25;
};

class LearnsByHeartLong : public testing::TestWithParam<Learner> {};

TEST_P(LearnsByHeartLong, ABatchOfTwoImages) {
  at::manual_seed(1);
  auto options = tiny_options();
  options.architecture = GetParam().architecture;
  options.deformable = {GetParam().two_stage, GetParam().two_stage};
  const auto model = models::make_detector(options);
  model->train();
  const auto batch = batch_of({image("test/learn/a", 96, 128), image("test/learn/b", 70, 110)});
  std::vector<nn::Target> targets;
  for (size_t i = 0; i < 2; ++i) {
    targets.push_back({at::tensor({static_cast<int64_t>(i), int64_t{2}}, at::kLong),
                       at::tensor({0.3f, 0.4f, 0.3f, 0.5f, 0.7f, 0.6f, 0.4f, 0.3f}).view({2, 4}),
                       batch.sizes[i]});
  }
  losses::LossOptions loss_options;
  loss_options.class_weight = 2;
  loss_options.foreground.size_bounds = {16, 32, 64};
  const losses::Criterion criterion(loss_options);
  train::OptimizerOptions optimizer_options;
  train::AdamW optimizer(train::optimized_parameters(*model, optimizer_options), optimizer_options);
  std::vector<double> totals;
  for (int step = 0; step < GetParam().steps; ++step) {
    const auto loss = criterion(model->forward(batch, &targets), targets);
    ASSERT_TRUE(loss.total.isfinite().item<bool>()) << step;
    loss.total.backward();
    optimizer.step(1e-3, 1);
    optimizer.zero_grad();
    // Without denoising's, whose noise is drawn anew in each step.
    double total = 0;
    for (const auto& [name, value] : loss.weighted) {
      if (name.find("_dn") == std::string::npos) total += value.item<double>();
    }
    totals.push_back(total);
  }
  EXPECT_LT(totals.back(), 0.7 * totals.front());
}

INSTANTIATE_TEST_SUITE_P(Family, LearnsByHeartLong,
                         testing::Values(Learner{"focus-detr"}, Learner{"dino"}, Learner{"deformable-detr"},
                                         Learner{"deformable-detr", true}, Learner{"sparse-detr"},
                                         Learner{"sparse-dino"}, Learner{"detr", false, 100}));

}  // namespace
}  // namespace focus::test
