#include "nn/rows.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "nn/reference_path.h"
#include "support/stand_in_device.h"

namespace focus::test {
namespace {

struct RowsOfTwo {
  at::Tensor x = at::randn({2, 5, 6}), rows = at::randn({2, 3, 6});
  at::Tensor indices = at::tensor({4, 0, 2, 1, 3, 0}, at::kLong).view({2, 3});
  at::Tensor elementwise() const { return indices.unsqueeze(-1).expand({2, 3, 6}); }
};

nn::LayerNorm some_norm() {
  nn::LayerNorm norm(6);
  const at::NoGradGuard no_grad;
  norm.weight.uniform_(0.5, 2);
  norm.bias.normal_();
  return norm;
}

TEST(RowsOfSequences, AreTheSameWithAndWithoutGradients) {
  const RowsOfTwo in;
  const auto norm = some_norm();
  const auto replaced = in.x.scatter(1, in.elementwise(), in.rows),
             normed = in.x.scatter(1, in.elementwise(), norm.forward(in.rows));
  for (const bool gradients : {true, false}) {
    const at::AutoGradMode mode(gradients);
    EXPECT_TRUE(nn::gather_rows(in.x, in.indices).equal(in.x.gather(1, in.elementwise())));
    EXPECT_TRUE(nn::replace_rows(in.x.clone(), in.indices, in.rows).equal(replaced));
    EXPECT_TRUE(nn::replace_normed_rows(in.x.clone(), in.indices, in.rows, norm).equal(normed));
    const nn::ReferencePath reference;
    EXPECT_TRUE(nn::replace_normed_rows(in.x.clone(), in.indices, in.rows, norm).equal(normed));
  }
}

TEST(RowsOfSequences, OverwriteWhereNoGradientIsWanted) {
  const RowsOfTwo in;
  const auto norm = some_norm();
  const at::NoGradGuard no_grad;
  const auto x = in.x.clone();
  EXPECT_TRUE(nn::replace_normed_rows(x, in.indices, in.rows, norm).is_same(x));
}

TEST(RowsOfSequences, HaveGradients) {
  const RowsOfTwo in;
  const auto norm = some_norm();
  const auto x = in.x.clone().requires_grad_(), rows = in.rows.clone().requires_grad_();
  const auto upstream = at::randn_like(in.x);
  const auto grads = torch::autograd::grad({nn::replace_normed_rows(x, in.indices, rows, norm)},
                                           {x, rows, norm.weight}, {upstream});
  const auto expected = torch::autograd::grad({x.scatter(1, in.elementwise(), norm.forward(rows))},
                                              {x, rows, norm.weight}, {upstream});
  for (size_t i = 0; i < grads.size(); ++i) EXPECT_TRUE(grads[i].allclose(expected[i], 1e-5, 1e-6)) << i;
}

TEST(RowsOfSequences, MoveOnOtherDevices) {
  const RowsOfTwo in;
  const auto device = stand_in_device();
  const at::NoGradGuard no_grad;
  nn::LayerNorm norm(6), there(6);
  there.to(device);
  const auto x = in.x.to(device), indices = in.indices.to(device);
  EXPECT_TRUE(nn::gather_rows(x, indices).cpu().equal(nn::gather_rows(in.x, in.indices)));
  const auto replaced = nn::replace_normed_rows(x, indices, in.rows.to(device), there);
  EXPECT_TRUE(
      replaced.cpu().allclose(nn::replace_normed_rows(in.x.clone(), in.indices, in.rows, norm), 1e-5, 1e-6));
}

}  // namespace
}  // namespace focus::test
