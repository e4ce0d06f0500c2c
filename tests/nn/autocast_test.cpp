#include "nn/autocast.h"

#include <gtest/gtest.h>

#include "nn/layers.h"

namespace focus::nn {
namespace {

TEST(AutocastScope, CastsProductsAndNothingElse) {
  const auto x = at::ones({3, 8}), w = at::ones({8, 8});
  EXPECT_EQ(x.matmul(w).scalar_type(), at::kFloat);
  {
    const AutocastScope scope(AutocastState::bfloat16());
    EXPECT_EQ(x.matmul(w).scalar_type(), at::kBFloat16);
    EXPECT_EQ((x + 1).scalar_type(), at::kFloat);
    EXPECT_EQ(LayerNorm(8).forward(x.matmul(w)).scalar_type(), at::kFloat);
    EXPECT_EQ(GroupNorm(2, 8).forward(x.matmul(w).unsqueeze(-1)).scalar_type(), at::kFloat);
    {
      const AutocastScope inner(AutocastState::off());
      EXPECT_EQ(x.matmul(w).scalar_type(), at::kFloat);
    }
    EXPECT_EQ(x.matmul(w).scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(x.matmul(w).scalar_type(), at::kFloat);
}

TEST(AutocastScope, UsesWeightsAsTheyAreNow) {
  auto w = at::ones({2, 2}).set_requires_grad(true);
  const auto x = at::ones({1, 2});
  const auto product = [&] {
    const AutocastScope scope(AutocastState::bfloat16());
    return x.matmul(w).sum().item<float>();
  };
  EXPECT_EQ(product(), 4);
  {
    const at::NoGradGuard no_grad;
    w.mul_(3);
  }
  EXPECT_EQ(product(), 12) << "a copy cast in an earlier scope would be stale";
}

TEST(AutocastScope, GivesAGradientToAWeightThatWasUsedWithoutOne) {
  const auto w = at::ones({2, 2}).set_requires_grad(true);
  const AutocastScope scope(AutocastState::bfloat16());
  {
    const at::NoGradGuard no_grad;
    at::ones({1, 2}).matmul(w);
  }
  at::ones({1, 2}).matmul(w).sum().backward();
  EXPECT_TRUE(w.grad().defined());
}

TEST(AtLeastFloat32, WidensHalvesOnly) {
  EXPECT_EQ(at_least_float32(at::ones({1}, at::kBFloat16)).scalar_type(), at::kFloat);
  EXPECT_EQ(at_least_float32(at::ones({1}, at::kHalf)).scalar_type(), at::kFloat);
  EXPECT_EQ(at_least_float32(at::ones({1}, at::kDouble)).scalar_type(), at::kDouble);
  const auto x = at::ones({1});
  EXPECT_TRUE(at_least_float32(x).is_same(x));
}

}  // namespace
}  // namespace focus::nn
