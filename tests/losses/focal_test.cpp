#include "losses/focal.h"

#include <cmath>

#include "losses/finite_difference.h"
#include "losses/golden.h"
#include "support/deterministic.h"

namespace {

using focus::losses::sigmoid_focal_loss;

at::Tensor every_third(at::IntArrayRef shape) {
  return at::arange(c10::multiply_integers(shape)).remainder(3).eq(0).view(shape);
}

TEST(Focal, FollowsItsDefinition) {
  const at::Tensor logits = focus::test::tensor("test/focal", {4, 5}, 3).to(at::kDouble);
  const at::Tensor positive = every_third({4, 5});
  double expected = 0;
  for (int64_t i = 0; i < 20; ++i) {
    const double p = 1 / (1 + std::exp(-logits.flatten()[i].item<double>()));
    const bool object = i % 3 == 0;
    const double pt = object ? p : 1 - p;
    expected -= (object ? 0.3 : 0.7) * std::pow(1 - pt, 1.5) * std::log(pt);
  }
  EXPECT_NEAR(sigmoid_focal_loss(logits, positive, 0.3, 1.5).item<double>(), expected, 1e-10);
}

TEST(Focal, SumsOverTheDimensionsAsked) {
  const at::Tensor logits = focus::test::tensor("test/focal", {4, 5}, 3), positive = every_third({4, 5});
  const at::Tensor rows = sigmoid_focal_loss(logits, positive, 0.25, 2, {1});
  ASSERT_EQ(rows.sizes(), (at::IntArrayRef{4}));
  focus::test::expect_close(rows.sum(), sigmoid_focal_loss(logits, positive, 0.25, 2), 1e-5);
}

TEST(Focal, GradientByFiniteDifferences) {
  const at::Tensor logits = focus::test::tensor("test/focal", {4, 5}, 6).to(at::kDouble);
  for (const double gamma : {0.0, 0.5, 2.0}) {
    focus::test::expect_gradient_by_finite_differences(
        [&](const at::Tensor& x) {
          return sigmoid_focal_loss(x, every_third({4, 5}), 0.25, gamma);
        },
        logits);
  }
}

TEST(Focal, ExtremeLogitsStayFinite) {
  const at::Tensor logits = at::tensor({-1e4, -200.0, 200.0, 1e4, -1e4, -200.0, 200.0, 1e4}).requires_grad_();
  const at::Tensor positive = at::arange(8).lt(4);
  for (const double gamma : {0.0, 0.5, 2.0}) {
    const at::Tensor loss = sigmoid_focal_loss(logits, positive, 0.25, gamma);
    EXPECT_NEAR(loss.item<double>(), 10200, 1);
    EXPECT_TRUE(at::isfinite(torch::autograd::grad({loss}, {logits})[0]).all().item<bool>()) << gamma;
  }
}

TEST(Focal, MatchesTheReference) {
  const at::Tensor logits = focus::test::tensor("unit/match/logits", {2, 30, 80}, 4, -3).requires_grad_();
  at::Tensor positive = at::zeros({2, 30, 80}, at::kBool);
  positive[0][3][17] = true;
  positive[1][7][44] = true;
  const at::Tensor loss = sigmoid_focal_loss(logits, positive, 0.25, 2) / 8;
  focus::test::expect_close(loss.view({1}), focus::test::golden("units", "focal_loss"), 1e-4);
  const at::Tensor gradient = torch::autograd::grad({loss}, {logits})[0];
  focus::test::expect_close(focus::test::strided_sample(gradient, 256),
                            focus::test::golden("units", "focal_grad_sub"), 1e-6);
}

}  // namespace
