#include "train/clip.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/stand_in_device.h"

namespace focus::train {
namespace {

OptimizedParameter with_gradient(const at::Tensor& gradient) {
  auto value = at::zeros_like(gradient).set_requires_grad(true);
  value.mutable_grad() = gradient;
  return {"w", value};
}

TEST(GradientNorm, IsGlobal) {
  std::vector<OptimizedParameter> parameters{with_gradient(at::full({9}, 1.0f)),
                                             with_gradient(at::full({1}, 4.0f))};
  parameters.push_back({"unused", at::zeros({5}).set_requires_grad(true)});
  EXPECT_DOUBLE_EQ(gradient_norm(parameters), 5.0);
}

TEST(GradientNorm, AnyLayoutAndType) {
  at::manual_seed(1);
  const auto values = at::randn({50, 70});
  const double expected = values.to(at::kDouble).norm().item<double>();
  EXPECT_NEAR(gradient_norm({with_gradient(values)}), expected, 1e-9 * expected);
  EXPECT_NEAR(gradient_norm({with_gradient(values.t())}), expected, 1e-9 * expected);
  EXPECT_NEAR(gradient_norm({with_gradient(values.to(at::kDouble))}), expected, 1e-9 * expected);
  EXPECT_DOUBLE_EQ(gradient_norm({with_gradient(at::ones({1}).expand({4}))}), 2.0);
  const auto device = test::stand_in_device();
  EXPECT_NEAR(gradient_norm({with_gradient(values.to(device)), with_gradient(at::ones({4}).to(device))}),
              std::hypot(expected, 2), 1e-9 * expected);
}

TEST(GradientNorm, DoesNotDependOnThreads) {
  at::manual_seed(2);
  const std::vector<OptimizedParameter> parameters{with_gradient(at::randn({300001}))};
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const double one = gradient_norm(parameters);
  at::set_num_threads(4);
  const double four = gradient_norm(parameters);
  at::set_num_threads(before);
  EXPECT_EQ(one, four);
}

TEST(ClipFactor, OnlyShortens) {
  EXPECT_NEAR(clip_factor(5, 0.1), 0.02, 1e-8);
  EXPECT_EQ(clip_factor(0.05, 0.1), 1);
  EXPECT_EQ(clip_factor(0, 0.1), 1);
  EXPECT_EQ(clip_factor(5, 0), 1) << "0 switches clipping off";
}

TEST(NonFiniteGuard, CountsInARowAndInAll) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  NonFiniteGuard guard(2);
  EXPECT_TRUE(guard.accept(1));
  for (int i = 0; i < 19; ++i) EXPECT_FALSE(guard.accept(i % 2 ? nan : inf));
  EXPECT_EQ(guard.in_a_row(), 19);
  EXPECT_TRUE(guard.accept(2));
  EXPECT_EQ(guard.in_a_row(), 0) << "a finite gradient starts the count anew";
  EXPECT_FALSE(guard.accept(-inf));
  EXPECT_EQ(guard.in_a_row(), 1);
  EXPECT_EQ(guard.skipped(), 22);
}

}  // namespace
}  // namespace focus::train
