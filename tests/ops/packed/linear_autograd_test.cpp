#include "ops/packed/linear_autograd.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "ops/relative_error.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::tensor;
using focus::test::within_budget;

struct LinearCase {
  int64_t rows, in, out;
  bool biased, added, relu;
};

class LinearTraining : public testing::TestWithParam<LinearCase> {};

TEST_P(LinearTraining, ResultAndGradientsAreThoseInFloat64) {
  const auto c = GetParam();
  const auto x = tensor("linear/x", {2, c.rows, c.in}), weight = tensor("linear/weight", {c.out, c.in});
  const auto bias = c.biased ? tensor("linear/bias", {c.out}) : at::Tensor();
  const auto addend = c.added ? tensor("linear/addend", {2, c.rows, c.out}) : at::Tensor();
  const auto activation = c.relu ? Activation::kRelu : Activation::kNone;
  const auto run = [&](at::ScalarType type, const auto& function) {
    std::vector<at::Tensor> inputs, all;
    for (const auto& tensor : {x, weight, bias, addend}) {
      all.push_back(tensor.defined() ? tensor.to(type).clone().requires_grad_() : tensor);
      if (tensor.defined()) inputs.push_back(all.back());
    }
    auto results = std::vector<at::Tensor>{function(all)};
    const auto upstream = tensor("linear/upstream", results[0].sizes()).to(type);
    for (const auto& gradient : torch::autograd::grad({results[0]}, inputs, {upstream}))
      results.push_back(gradient);
    return results;
  };
  const auto found = run(at::kFloat, [&](const std::vector<at::Tensor>& t) {
    return linear(t[0], t[1], t[2], t[3], activation);
  });
  const auto expected = run(at::kDouble, [&](const std::vector<at::Tensor>& t) {
    auto y = at::linear(t[0], t[1], t[2]);
    if (t[3].defined()) y = y + t[3];
    return c.relu ? y.relu() : y;
  });
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].sizes(), expected[i].sizes()) << "result " << i;
    EXPECT_TRUE(within_budget("linear.training", relative_error(found[i].to(at::kDouble), expected[i])))
        << "result " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearTraining,
                         testing::Values(LinearCase{150, 32, 64, true, false, false},
                                         LinearCase{150, 64, 32, false, true, true},
                                         LinearCase{131, 40, 91, true, true, true},
                                         LinearCase{129, 33, 35, true, true, false},
                                         LinearCase{128, 256, 256, false, false, true}));

TEST(LinearTraining, GivesOnlyTheGradientsThatAreWanted) {
  const auto x = tensor("linear/x", {300, 32}), bias = tensor("linear/bias", {32}).requires_grad_();
  const auto weight = tensor("linear/weight", {32, 32});
  linear(x, weight, bias, {}, Activation::kNone).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(weight.grad().defined());
  EXPECT_TRUE(within_budget("linear.sums", relative_error(bias.grad(), at::full({32}, 300.0))));

  const auto addend = tensor("linear/addend", {300, 32}).requires_grad_();
  linear(x, weight, {}, addend, Activation::kNone).sum().backward();
  EXPECT_TRUE(within_budget("linear.sums", relative_error(addend.grad(), at::ones({300, 32}))));
}

TEST(LinearTraining, GivesTheSameBitsAgain) {
  const auto x = tensor("linear/x", {3000, 64}).requires_grad_(), weight = tensor("linear/weight", {64, 64});
  const auto step = [&] {
    const auto y = linear(x, weight, {}, {}, Activation::kRelu);
    return std::vector<at::Tensor>{y, torch::autograd::grad({y.sum()}, {x})[0]};
  };
  const auto first = step(), second = step();
  for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(first[i].equal(second[i])) << i;
}

TEST(LinearTraining, IsForEnoughRowsOfFloatsOnTheCpu) {
  const auto suits = [](const at::Tensor& x, int64_t out) {
    return linear_suits(x, at::empty({out, x.size(-1)}));
  };
  const auto rows = at::empty({300, 64});
  EXPECT_TRUE(suits(rows, 64));
  EXPECT_FALSE(suits(rows, 4));
  EXPECT_FALSE(suits(rows.slice(0, 0, 100), 64));
  EXPECT_FALSE(suits(rows.to(at::kDouble), 64));
}

TEST(LinearTraining, TakesOnlyActivationsWhoseResultTellsTheirGradient) {
  const auto rows = at::ones({300, 64}), weight = at::ones({64, 64});
  EXPECT_THROW(linear(rows, weight, {}, {}, Activation::kGelu), c10::Error);
  EXPECT_THROW(linear(rows, weight, {}, {}, Activation::kRelu6), c10::Error);
  EXPECT_EQ(taken_inside(Activation::kGelu), Activation::kNone);
  EXPECT_EQ(taken_inside(Activation::kRelu), Activation::kRelu);
}

}  // namespace
