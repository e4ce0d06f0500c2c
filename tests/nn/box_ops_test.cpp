#include "nn/box_ops.h"

#include "losses/finite_difference.h"
#include "losses/golden.h"
#include "support/deterministic.h"

namespace {

using focus::test::expect_close;
using focus::test::golden;
namespace nn = focus::nn;

at::Tensor boxes_named(const char* name, int64_t n, at::ScalarType type = at::kDouble) {
  return nn::cxcywh_to_xyxy(focus::test::tensor(name, {n, 4}, 0.25, 0.5)).to(type);
}

TEST(BoxOps, ConversionsAreInverse) {
  const at::Tensor boxes = at::tensor({0.5, 0.25, 0.5, 0.25, 10.0, 20.0, 4.0, 6.0}).view({2, 4});
  const at::Tensor corners = nn::cxcywh_to_xyxy(boxes);
  expect_close(corners, at::tensor({0.25, 0.125, 0.75, 0.375, 8.0, 17.0, 12.0, 23.0}).view({2, 4}), 1e-7);
  expect_close(nn::xyxy_to_cxcywh(corners), boxes, 1e-7);
}

TEST(BoxOps, GiouOfKnownBoxes) {
  const at::Tensor a = at::tensor({0.0, 0.0, 2.0, 2.0}).view({1, 4});
  const at::Tensor b = at::tensor({0.0, 0.0, 2.0, 2.0, 1.0, 1.0, 3.0, 3.0, 3.0, 0.0, 4.0, 2.0}).view({3, 4});
  // IoU is 1, 1/7 and 0. The hulls are 4, 9 and 8; what of them no box covers is 0, 2 and 2.
  expect_close(nn::pairwise_giou(a, b), at::tensor({1.0, 1.0 / 7 - 2.0 / 9, -2.0 / 8}).view({1, 3}), 1e-6);
}

TEST(BoxOps, EmptyBoxesAndNoBoxesAreFinite) {
  const at::Tensor empty_box = at::tensor({0.5, 0.5, 0.5, 0.5}).view({1, 4});
  EXPECT_EQ(nn::pairwise_giou(empty_box, empty_box).item<double>(), 0);
  EXPECT_EQ(nn::pairwise_giou(at::zeros({3, 4}), at::zeros({0, 4})).sizes(), (at::IntArrayRef{3, 0}));
  EXPECT_EQ(nn::elementwise_giou(at::zeros({0, 4}), at::zeros({0, 4})).sizes(), (at::IntArrayRef{0}));
}

TEST(BoxOps, ElementwiseIsTheDiagonalOfPairwise) {
  const at::Tensor a = boxes_named("test/boxes/a", 7), b = boxes_named("test/boxes/b", 7);
  expect_close(nn::elementwise_giou(a, b), nn::pairwise_giou(a, b).diag(), 0);
}

TEST(BoxOps, GiouGradient) {
  const at::Tensor a = boxes_named("test/boxes/a", 5), b = boxes_named("test/boxes/b", 5);
  focus::test::expect_gradient_by_finite_differences(
      [&](const at::Tensor& x) { return nn::elementwise_giou(x, b).sum(); }, a);
  const at::Tensor weight = focus::test::tensor("test/boxes/weight", {5, 5}).to(at::kDouble);
  focus::test::expect_gradient_by_finite_differences(
      [&](const at::Tensor& x) { return (nn::pairwise_giou(a, x) * weight).sum(); }, b);
}

TEST(BoxOps, InverseSigmoid) {
  const at::Tensor x = at::tensor({-1.0, 0.0, 0.0005, 0.25, 0.5, 1.0, 3.0}, at::kDouble);
  const double most = std::log(1 / 1e-3), quarter = std::log(0.25 / 0.75);
  const at::Tensor expected =
      at::tensor({-most, -most, std::log(1e-3 / 0.9995), quarter, 0.0, most, most}, at::kDouble);
  expect_close(nn::inverse_sigmoid(x), expected, 1e-12);
  focus::test::expect_gradient_by_finite_differences(
      [](const at::Tensor& p) { return nn::inverse_sigmoid(p).sum(); },
      at::tensor({-0.5, 0.0005, 0.3, 0.9, 0.9995, 1.5}, at::kDouble), 1e-5);
}

TEST(BoxOps, MatchesTheReference) {
  const at::Tensor a = boxes_named("unit/giou/a", 6, at::kFloat),
                   b = boxes_named("unit/giou/b", 4, at::kFloat);
  expect_close(a, golden("units", "giou_a"), 1e-7);
  expect_close(nn::pairwise_giou(a, b), golden("units", "giou_out"), 1e-6);
  expect_close(nn::inverse_sigmoid(focus::test::tensor("unit/invsig/x", {40}, 0.7, 0.5)),
               golden("units", "invsig_out"), 1e-5);
}

}  // namespace
