#include "train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "support/stand_in_device.h"
#include "train/adamw_kernel.h"
#include "train/toy_module.h"

namespace focus::train {
namespace {

const OptimizedParameter& named(const std::vector<OptimizedParameter>& parameters, const std::string& name) {
  for (const auto& parameter : parameters) {
    if (parameter.name == name) return parameter;
  }
  throw std::runtime_error("no parameter " + name);
}

TEST(OptimizedParameters, GroupsFollowTheReference) {
  ToyModule model;
  auto& conv = model.child("backbone").child("stem");
  conv.parameter("weight", at::zeros({4, 3, 3, 3}));
  auto& norm = model.child("neck").child("norm");
  norm.parameter("weight", at::ones({4}));
  norm.parameter("bias", at::zeros({4}));
  auto& linear = model.child("head");
  linear.parameter("weight", at::zeros({2, 4}));
  linear.parameter("bias", at::zeros({2}));
  model.parameter("alpha", at::zeros({3}));
  model.parameter("frozen", at::zeros({3}), false);

  const auto groups = optimized_parameters(model, {});
  EXPECT_EQ(groups.size(), 6u) << "the frozen parameter is not optimised";
  EXPECT_DOUBLE_EQ(named(groups, "backbone.stem.weight").lr_factor, 0.1);
  EXPECT_DOUBLE_EQ(named(groups, "backbone.stem.weight").weight_decay, 1e-4);
  EXPECT_DOUBLE_EQ(named(groups, "neck.norm.weight").weight_decay, 0);
  EXPECT_DOUBLE_EQ(named(groups, "neck.norm.bias").weight_decay, 0);
  EXPECT_DOUBLE_EQ(named(groups, "neck.norm.bias").lr_factor, 1);
  EXPECT_DOUBLE_EQ(named(groups, "head.bias").weight_decay, 1e-4);
  EXPECT_DOUBLE_EQ(named(groups, "alpha").weight_decay, 1e-4);
}

TEST(OptimizedParameters, SharedParametersAreOptimisedOnce) {
  ToyModule model;
  auto head = std::make_shared<ToyModule>();
  head->parameter("weight", at::zeros({2, 4}));
  model.register_module("a", head);
  model.register_module("b", head);
  const auto groups = optimized_parameters(model, {});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].name, "a.weight");
}

// Three updates of one weight with lr 0.1, decay 0.5, betas 0.9 and 0.99, gradients 1, -2 and 0.5, by hand.
TEST(AdamW, KnownUpdates) {
  auto weight = at::full({1}, 1.0f).set_requires_grad(true);
  OptimizerOptions options;
  options.betas = {0.9, 0.99};
  AdamW adamw({{"w", weight, 1.0, 0.5}}, options);
  double p = 1, m = 0, v = 0;
  const double gradients[] = {1, -2, 0.5};
  for (int t = 1; t <= 3; ++t) {
    const double g = gradients[t - 1];
    weight.mutable_grad() = at::full({1}, static_cast<float>(g));
    adamw.step(0.1);
    m = 0.9 * m + 0.1 * g;
    v = 0.99 * v + 0.01 * g * g;
    p -= 0.1 * 0.5 * p;
    p -= 0.1 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.99, t))) + 1e-8);
    EXPECT_NEAR(weight.item<float>(), p, 1e-6) << "step " << t;
  }
  // The first update moves by lr against the gradient's sign, whatever its size: 1 - 0.05 - 0.1 = 0.85.
  EXPECT_NEAR(p, 0.83, 0.1);
}

TEST(AdamW, FusedEqualsTensorOperationsInDouble) {
  at::manual_seed(1);
  for (const int64_t size : {1, 7, 1000, 100003}) {
    auto fused = at::randn({size}), exact = fused.to(at::kDouble);
    auto m = at::zeros_like(fused), v = at::zeros_like(fused);
    auto exact_m = at::zeros_like(exact), exact_v = at::zeros_like(exact);
    AdamWCoefficients coefficients{.lr = 1e-2, .weight_decay = 0.1, .gradient_scale = 0.3};
    for (int64_t step = 1; step <= 5; ++step) {
      const auto gradient = at::randn({size});
      coefficients.step = step;
      adamw_fused(fused, gradient, m, v, coefficients);
      adamw_reference({{exact}, {gradient.to(at::kDouble)}, {exact_m}, {exact_v}}, coefficients);
    }
    EXPECT_LT((fused - exact).abs().max().item<double>(), 2e-6) << size;
    EXPECT_LT((m - exact_m).abs().max().item<double>(), 1e-6) << size;
    EXPECT_LT((v - exact_v).abs().max().item<double>(), 1e-6) << size;
  }
}

TEST(AdamW, UpdatesAnotherDevicesParametersTogether) {
  at::manual_seed(3);
  const std::vector<std::pair<double, double>> numbers{{1, 0.1}, {1, 0}, {0.1, 0.1}, {1, 0.1}};
  std::vector<OptimizedParameter> here, there;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto start = at::randn({static_cast<int64_t>(3 + i), 5});
    const auto [lr_factor, weight_decay] = numbers[i];
    const auto name = std::to_string(i);
    here.push_back({name, start.clone().set_requires_grad(true), lr_factor, weight_decay});
    there.push_back(
        {name, start.to(test::stand_in_device()).set_requires_grad(true), lr_factor, weight_decay});
  }
  AdamW a(here, {}), b(there, {});
  for (int step = 0; step < 4; ++step) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (step == 1 && i == 3) continue;  // From here on its number of steps is another.
      const auto gradient = at::randn_like(here[i].value);
      here[i].value.mutable_grad() = gradient;
      there[i].value.mutable_grad() = gradient.to(test::stand_in_device());
    }
    a.step(0.1, 0.5);
    b.step(0.1, 0.5);
    a.zero_grad();
    b.zero_grad();
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(there[i].value.device(), test::stand_in_device());
    EXPECT_TRUE(here[i].value.allclose(there[i].value.cpu(), 1e-5, 1e-6)) << i;
  }
}

TEST(AdamW, LayoutsOfGradientAndParameterMayDiffer) {
  at::manual_seed(2);
  const auto start = at::randn({8, 4, 3, 3});
  const auto gradient = at::randn({8, 4, 3, 3});
  auto plain = start.clone().set_requires_grad(true);
  auto channels_last = start.contiguous(at::MemoryFormat::ChannelsLast).set_requires_grad(true);
  AdamW a({{"w", plain, 1, 0.1}}, {}), b({{"w", channels_last, 1, 0.1}}, {});
  plain.mutable_grad() = gradient.clone();
  channels_last.mutable_grad() = gradient.clone();
  a.step(0.1);
  b.step(0.1);
  EXPECT_TRUE(at::equal(plain, channels_last));
  EXPECT_FALSE(at::equal(plain, start));
}

TEST(AdamW, LearningRateFactorScalesTheStep) {
  auto a = at::zeros({3}).set_requires_grad(true), b = at::zeros({3}).set_requires_grad(true);
  AdamW adamw({{"a", a, 1, 0}, {"b", b, 0.1, 0}}, {});
  a.mutable_grad() = at::ones({3});
  b.mutable_grad() = at::ones({3});
  adamw.step(1e-2);
  EXPECT_TRUE(at::allclose(a * 0.1, b, 1e-5, 0));
  EXPECT_NEAR(a[0].item<float>(), -1e-2, 1e-6);
}

TEST(AdamW, ParametersWithoutGradientStayAndDoNotCount) {
  auto used = at::ones({2}).set_requires_grad(true), unused = at::ones({2}).set_requires_grad(true);
  AdamW adamw({{"used", used, 1, 0.1}, {"unused", unused, 1, 0.1}}, {});
  used.mutable_grad() = at::ones({2});
  adamw.step(0.1);
  EXPECT_TRUE(at::equal(unused, at::ones({2})));
  TensorMap state;
  export_tensors(adamw.state(), "", state);
  EXPECT_EQ(state.at("used.step").item<int64_t>(), 1);
  EXPECT_EQ(state.at("unused.step").item<int64_t>(), 0);
}

TEST(AdamW, StateRoundTripContinuesBitForBit) {
  at::manual_seed(3);
  const auto run = [](int64_t steps, at::Tensor weight, AdamW& adamw, int64_t first) {
    for (int64_t i = 0; i < steps; ++i) {
      weight.mutable_grad() = at::full({64}, static_cast<float>(std::sin(double(first + i))));
      adamw.step(1e-2);
    }
  };
  const auto start = at::randn({64});
  auto whole = start.clone().set_requires_grad(true);
  AdamW one({{"w", whole, 1, 0.1}}, {});
  run(6, whole, one, 0);

  auto half = start.clone().set_requires_grad(true);
  AdamW two({{"w", half, 1, 0.1}}, {});
  run(3, half, two, 0);
  TensorMap saved;
  export_tensors(two.state(), "optimizer.", saved);
  auto resumed = half.detach().clone().set_requires_grad(true);
  AdamW three({{"w", resumed, 1, 0.1}}, {});
  import_tensors(saved, "optimizer.", "test", three.state());
  run(3, resumed, three, 3);
  EXPECT_TRUE(at::equal(whole, resumed));
}

TEST(AdamW, UpdatesAreVisibleToAutograd) {
  auto weight = at::ones({3}).set_requires_grad(true);
  AdamW adamw({{"w", weight, 1, 0}}, {});
  weight.mutable_grad() = at::ones({3});
  const auto version = weight._version();
  adamw.step(0.1);
  EXPECT_GT(weight._version(), version);
  adamw.zero_grad();
  EXPECT_FALSE(weight.grad().defined());
}

TEST(AdamW, WantsTwoBetas) {
  OptimizerOptions options;
  options.betas = {0.9};
  EXPECT_THROW(AdamW({}, options), UsageError);
}

}  // namespace
}  // namespace focus::train
