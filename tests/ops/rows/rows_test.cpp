#include "ops/rows/rows.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "ops/relative_error.h"
#include "ops/rows/rows_autograd.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::tensor;

constexpr int64_t kImages = 2, kLength = 3000, kTaken = 1700, kWidth = 5;

/// Distinct rows of each image, in no order.
at::Tensor some_indices() {
  std::vector<at::Tensor> indices;
  for (int64_t image = 0; image < kImages; ++image)
    indices.push_back(
        tensor(image == 0 ? "rows/first" : "rows/second", {kLength}).argsort().slice(0, 0, kTaken));
  return at::stack(indices);
}

at::Tensor elementwise(const at::Tensor& indices) { return indices.unsqueeze(-1).expand({-1, -1, kWidth}); }

struct RowsInputs {
  at::Tensor x = tensor("rows/x", {kImages, kLength, kWidth}).requires_grad_();
  at::Tensor rows = tensor("rows/rows", {kImages, kTaken, kWidth}).requires_grad_();
  at::Tensor indices = some_indices();
};

TEST(Rows, AreGatheredWithTheirGradient) {
  const RowsInputs in;
  const auto found = gathered_rows(in.x, in.indices), expected = in.x.gather(1, elementwise(in.indices));
  EXPECT_TRUE(found.equal(expected));
  const auto upstream = tensor("rows/upstream", found.sizes());
  EXPECT_TRUE(torch::autograd::grad({found}, {in.x}, {upstream})[0].equal(
      torch::autograd::grad({expected}, {in.x}, {upstream})[0]));
}

TEST(Rows, AreReplacedWithTheirGradient) {
  const RowsInputs in;
  const auto before = in.x.detach().clone();
  const auto found = replaced_rows(in.x, in.indices, in.rows),
             expected = in.x.scatter(1, elementwise(in.indices), in.rows);
  EXPECT_TRUE(found.equal(expected));
  EXPECT_TRUE(in.x.detach().equal(before)) << "what is copied stays as it is";
  const auto upstream = tensor("rows/upstream", found.sizes());
  const auto grads = torch::autograd::grad({found}, {in.x, in.rows}, {upstream}),
             right = torch::autograd::grad({expected}, {in.x, in.rows}, {upstream});
  EXPECT_TRUE(grads[0].equal(right[0]));
  EXPECT_TRUE(grads[1].equal(right[1]));
}

TEST(Rows, GradientsOfRepeatedRowsAddUp) {
  const auto x = tensor("rows/x", {1, 4, kWidth}).requires_grad_();
  const auto indices = at::tensor({2, 0, 2, 2}, at::kLong).unsqueeze(0);
  const auto upstream = tensor("rows/upstream", {1, 4, kWidth});
  const auto grad = torch::autograd::grad({gathered_rows(x, indices)}, {x}, {upstream})[0];
  EXPECT_TRUE(grad[0][0].equal(upstream[0][1]));
  EXPECT_TRUE(grad[0][2].allclose(upstream[0][0] + upstream[0][2] + upstream[0][3]));
  EXPECT_EQ(grad[0][1].abs().sum().item<float>() + grad[0][3].abs().sum().item<float>(), 0);
}

TEST(Rows, AreTakenAndReplacedWithoutGradients) {
  const RowsInputs in;
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(take_rows(in.x, in.indices).equal(in.x.gather(1, elementwise(in.indices))));
  auto x = in.x.clone();
  put_rows_(x, in.indices, in.rows);
  EXPECT_TRUE(x.equal(in.x.scatter(1, elementwise(in.indices), in.rows)));
  clear_rows_(x, in.indices);
  EXPECT_TRUE(x.equal(in.x.scatter(1, elementwise(in.indices), at::zeros_like(in.rows))));
}

TEST(Rows, AreNormalisedOnTheirWayBack) {
  const RowsInputs in;
  const at::NoGradGuard no_grad;
  const auto weight = tensor("rows/weight", {kWidth}), bias = tensor("rows/bias", {kWidth});
  const auto centred = in.rows - in.rows.mean(-1, true);
  const auto normed = centred / (centred.square().mean(-1, true) + 1e-5).sqrt() * weight + bias;
  auto x = in.x.clone();
  put_normed_rows_(x, in.indices, in.rows, weight, bias, 1e-5);
  const auto expected = in.x.scatter(1, elementwise(in.indices), normed);
  EXPECT_TRUE(focus::test::within_budget("rows.float32", focus::test::relative_error(x, expected)));
  EXPECT_TRUE(x.allclose(expected, 1e-5, 1e-6)) << "small values, too";
  EXPECT_TRUE(has_row_kernels(x));
  EXPECT_FALSE(has_row_kernels(x.to(at::kDouble)));
}

TEST(Rows, OutsideOrOfOtherShapesAreRefused) {
  auto x = at::zeros({1, 4, kWidth});
  const auto at_row = [](int64_t row) { return at::full({1, 1}, row, at::kLong); };
  EXPECT_THROW(take_rows(x, at_row(4)), c10::Error);
  EXPECT_THROW(put_rows_(x, at_row(-1), at::zeros({1, 1, kWidth})), c10::Error);
  EXPECT_THROW(put_rows_(x, at_row(1), at::zeros({1, 2, kWidth})), c10::Error);
  EXPECT_THROW(add_rows_(x, at_row(4), at::zeros({1, 1, kWidth})), c10::Error);
  EXPECT_THROW(clear_rows_(x, at_row(9)), c10::Error);
}

}  // namespace
