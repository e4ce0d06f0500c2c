#include "nn/recompute.h"

#include <gtest/gtest.h>

#include "nn/batch_norm.h"
#include "nn/layers.h"

namespace focus::nn {
namespace {

/// A part with weights, noise and a running mean: everything that a second call could get wrong.
struct Part {
  Part() {
    at::manual_seed(3);
    linear = std::make_shared<Linear>(6, 6, Activation::kRelu);
    norm = std::make_shared<BatchNorm>(6, BatchNormMode::kLive);
    norm->train();
  }

  at::Tensor operator()(at::TensorList in) {
    ++calls;
    grad_mode = grad_mode && at::GradMode::is_enabled();
    const auto y = linear->forward(in[0]) * at::rand_like(in[0]) + in[1];
    return norm->forward_live(y.unsqueeze(-1)).squeeze(-1);
  }

  std::shared_ptr<Linear> linear;
  std::shared_ptr<BatchNorm> norm;
  int calls = 0;
  bool grad_mode = true;
};

struct Result {
  at::Tensor output, x_grad, weight_grad, running_mean, drawn_after;
  int calls;
};

Result run(bool recompute, bool y_needs_gradient = false) {
  Part part;
  at::manual_seed(4);
  const auto x = at::randn({5, 6}).set_requires_grad(true);
  const auto y = at::randn({5, 6}).set_requires_grad(y_needs_gradient);
  const RecomputeScope scope(recompute);
  const auto output = recomputed([&](at::TensorList in) { return part(in); }, {x, y});
  const auto drawn = at::rand({3});
  (output * output).sum().backward();
  EXPECT_EQ(y.grad().defined(), y_needs_gradient);
  EXPECT_TRUE(part.grad_mode) << "kernels of inference have other bits";
  return {output.detach(), x.grad(), part.linear->weight.grad(), part.norm->running_mean, drawn, part.calls};
}

TEST(Recomputed, GivesTheSameBitsWithOneMoreCall) {
  for (const bool y_needs_gradient : {false, true}) {
    const auto kept = run(false, y_needs_gradient), again = run(true, y_needs_gradient);
    EXPECT_EQ(kept.calls, 1);
    EXPECT_EQ(again.calls, 2);
    EXPECT_TRUE(at::equal(kept.output, again.output));
    EXPECT_TRUE(at::equal(kept.x_grad, again.x_grad));
    EXPECT_TRUE(at::equal(kept.weight_grad, again.weight_grad));
    EXPECT_TRUE(at::equal(kept.running_mean, again.running_mean)) << "a batch counts once";
    EXPECT_TRUE(at::equal(kept.drawn_after, again.drawn_after));
  }
}

TEST(Recomputed, LeavesTheRandomNumbersOfTheBackwardPassAlone) {
  Part part;
  const RecomputeScope scope;
  const auto x = at::randn({5, 6}).set_requires_grad(true);
  const auto output = recomputed([&](at::TensorList in) { return part(in); }, {x, x.detach()});
  at::manual_seed(9);
  output.sum().backward();
  const auto after = at::rand({3});
  at::manual_seed(9);
  EXPECT_TRUE(at::equal(after, at::rand({3})));
}

TEST(Recomputed, TeachesAPartWhoseInputNeedsNoGradient) {
  Part part;
  const RecomputeScope scope;
  const auto x = at::randn({5, 6});
  recomputed([&](at::TensorList in) { return part(in); }, {x, x}).sum().backward();
  EXPECT_TRUE(part.linear->weight.grad().defined());
  EXPECT_EQ(part.calls, 1);
}

TEST(Recomputed, AnErrorInTheSecondCallLeavesNoTrace) {
  const RecomputeScope scope;
  const auto x = at::ones({2}).set_requires_grad(true);
  int calls = 0;
  const auto output = recomputed(
      [&](at::TensorList in) {
        if (++calls == 2) throw std::runtime_error("second");
        return in[0] * 2;
      },
      {x});
  EXPECT_ANY_THROW(output.sum().backward());
  EXPECT_FALSE(is_recomputing());
}

}  // namespace
}  // namespace focus::nn
