#include "ops/quantised/quantised_linear.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/error.h"
#include "ops/relative_error.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::tensor;
using focus::test::within_budget;

struct Shape {
  int64_t rows, in, out;
};

class QuantisedLinears : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    if (!QuantisedLinear::has_kernel()) GTEST_SKIP() << "this instruction set has no kernel";
  }

  Shape shape = GetParam();
  double steps = static_cast<double>(QuantisedLinear::weight_steps());
  at::Tensor x = tensor("quantised/x", {shape.rows, shape.in});
  at::Tensor weight = tensor("quantised/weight", {shape.out, shape.in});
  at::Tensor bias = tensor("quantised/bias", {shape.out});
  at::Tensor addend = tensor("quantised/addend", {shape.rows, shape.out});
};

/// Whole numbers between -most and most, the last of each row being `most`: bytes hold them exactly.
at::Tensor whole(const at::Tensor& numbers, double most) {
  auto result = (numbers * most).round().clamp(-most, most);
  result.select(-1, -1).fill_(most);
  return result;
}

at::Tensor exact_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
}

TEST_P(QuantisedLinears, AreProductsOfSteps) {
  const auto rows = whole(x, 127), factors = whole(weight, steps);
  const QuantisedLinear linear(factors, bias, Activation::kNone);
  EXPECT_TRUE(
      within_budget("linear.int8", relative_error(linear.run(rows), exact_product(rows, factors, bias))));
}

TEST_P(QuantisedLinears, HaveTwiceTheStepsForNumbersThatAreNeverNegative) {
  const auto rows = whole(x, 255).abs(), factors = whole(weight, steps);
  const QuantisedLinear linear(factors, bias, Activation::kNone, /*nonnegative=*/true);
  EXPECT_TRUE(
      within_budget("linear.int8", relative_error(linear.run(rows), exact_product(rows, factors, bias))));
}

TEST_P(QuantisedLinears, AddBeforeTheActivation) {
  const auto rows = whole(x, 127), factors = whole(weight, steps);
  const auto sum = exact_product(rows, factors, bias) + 1000 * addend;
  for (const auto& [activation, expected] :
       {std::pair{Activation::kNone, sum}, std::pair{Activation::kRelu, at::relu(sum)},
        std::pair{Activation::kRelu6, at::clamp(sum, 0, 6)}, std::pair{Activation::kGelu, at::gelu(sum)}}) {
    const QuantisedLinear linear(factors, bias, activation);
    const auto error = (linear.run(rows, 1000 * addend) - expected).abs().max() / sum.abs().max();
    EXPECT_TRUE(within_budget("linear.int8", error.item<double>()));
  }
}

TEST_P(QuantisedLinears, RoundToTheNearestStep) {
  const QuantisedLinear linear(weight, bias, Activation::kNone);
  const auto error = (linear.run(x) - exact_product(x, weight, bias)).abs();
  // Half a step of the row for each weight, and half a step of the weights for each number of the rounded row.
  const auto row_step = std::get<0>(x.abs().max(1, true)) / 127,
             weight_step = std::get<0>(weight.abs().max(1)) / steps;
  const auto width = static_cast<double>(shape.in);
  const auto bound = 0.5 * row_step * weight.abs().sum(1) +
                     0.5 * weight_step * (x.abs().sum(1, true) + 0.5 * width * row_step);
  EXPECT_TRUE((error <= bound * (1 + 1e-5)).all().item<bool>()) << (error / bound).max();
}

TEST_P(QuantisedLinears, DoNotDependOnTheThreadsOrOnOtherRows) {
  const QuantisedLinear linear(weight, bias, Activation::kRelu);
  const int before = at::get_num_threads();
  std::vector<at::Tensor> found;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    found.push_back(linear.run(x, addend));
  }
  at::set_num_threads(before);
  EXPECT_TRUE(found[1].equal(found[0]));
  EXPECT_TRUE(found[2].equal(found[0]));
  EXPECT_TRUE(linear.run(x.slice(0, shape.rows - 1), addend.slice(0, shape.rows - 1))
                  .equal(found[0].slice(0, shape.rows - 1)));
}

INSTANTIATE_TEST_SUITE_P(Shapes, QuantisedLinears,
                         testing::Values(Shape{1, 256, 256}, Shape{13, 3, 1}, Shape{97, 96, 33},
                                         Shape{300, 255, 91}, Shape{500, 30, 384}));

class QuantisedLinearTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!QuantisedLinear::has_kernel()) GTEST_SKIP() << "this instruction set has no kernel";
  }
};

TEST_F(QuantisedLinearTest, RowsOfZerosGiveTheBiasAndWhatIsNoNumberStays) {
  const auto bias = tensor("quantised/bias", {40});
  const QuantisedLinear linear(tensor("quantised/weight", {40, 50}), bias, Activation::kRelu6);
  const auto x = at::zeros({4, 50});
  x[1][3] = std::numeric_limits<float>::quiet_NaN();
  x[2][49] = -std::numeric_limits<float>::infinity();
  const auto y = linear.run(x);
  EXPECT_TRUE(y[0].equal(bias.clamp(0, 6)));
  EXPECT_TRUE(y[1].isnan().all().item<bool>());
  EXPECT_TRUE(y[2].isnan().all().item<bool>());
  EXPECT_TRUE(y[3].equal(y[0]));
}

TEST_F(QuantisedLinearTest, RowsMayHaveMoreDimensionsAndBeRoundedToBfloat16) {
  const QuantisedLinear linear(tensor("quantised/weight", {32, 64}), {}, Activation::kNone);
  const auto x = tensor("quantised/x", {2, 5, 64}).to(at::kBFloat16);
  const auto y = linear.run(x);
  EXPECT_EQ(y.sizes(), at::IntArrayRef({2, 5, 32}));
  EXPECT_TRUE(y.view({10, 32}).equal(linear.run(x.to(at::kFloat).view({10, 64}))));
  EXPECT_EQ(linear.run(at::empty({0, 64})).sizes(), at::IntArrayRef({0, 32}));
}

TEST_F(QuantisedLinearTest, ShapesThatDoNotFitAreNamed) {
  const QuantisedLinear linear(tensor("quantised/weight", {32, 64}), {}, Activation::kNone);
  EXPECT_THROW(linear.run(at::zeros({5, 63})), focus::Error);
  EXPECT_THROW(linear.run(at::zeros({5, 64}), at::zeros({5, 31})), focus::Error);
  EXPECT_THROW(quantised_feed_forward(linear, linear, at::zeros({5, 64})), focus::Error);
}

/// The hidden numbers in eight bits, group by group.
at::Tensor rounded_in_groups(const at::Tensor& hidden, int64_t width) {
  std::vector<at::Tensor> groups;
  for (const auto& group : hidden.split(width, 1)) {
    const auto step = std::get<0>(group.max(1, true)).clamp_min(1e-12) / 255;
    groups.push_back((group / step + 0.5).floor() * step);
  }
  return at::cat(groups, 1);
}

TEST_F(QuantisedLinearTest, FeedForwardNetworksAreTwoLayersAndTheResidual) {
  const auto steps = static_cast<double>(QuantisedLinear::weight_steps());
  for (const int64_t hidden : {64, 300, 1024}) {
    const auto x = whole(tensor("quantised/x", {101, 256}), 127);
    const auto wide = whole(tensor("quantised/wide", {hidden, 256}), steps),
               narrow = whole(tensor("quantised/narrow", {256, hidden}), steps);
    const auto bias_wide = tensor("quantised/bias-wide", {hidden}), bias = tensor("quantised/bias", {256});
    const QuantisedLinear expand(wide, bias_wide, Activation::kRelu),
        project(narrow, bias, Activation::kNone, true);
    const auto rounded = rounded_in_groups(at::relu(exact_product(x, wide, bias_wide)), 256);
    const auto expected = exact_product(rounded, narrow, bias) + x;
    const auto found = quantised_feed_forward(expand, project, x);
    // A number at the edge of two steps may go to either.
    EXPECT_TRUE(within_budget("feed_forward.int8", relative_error(found, expected))) << hidden;
    const auto separate = project.run(expand.run(x), x);
    EXPECT_LT(relative_error(found, separate), 1e-2) << hidden;
  }
}

}  // namespace
