#include "ops/attention/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ops/attention/attention_vector.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::within_budget;

/// The formula in double: (B, N, 2 C) and (B, N, C) -> (B, N, C).
at::Tensor attention_by_formula(const at::Tensor& query_key, const at::Tensor& value, int64_t heads,
                                const at::Tensor& attention_mask = {}) {
  const int64_t batch = value.size(0), count = value.size(1), width = value.size(2);
  const auto split = [&](const at::Tensor& x) {
    return x.to(at::kDouble).view({batch, count, heads, -1}).transpose(1, 2);
  };
  const auto query = split(query_key.slice(2, 0, width).contiguous()),
             key = split(query_key.slice(2, width).contiguous());
  const int64_t head_width = width / heads;
  const double scale = 1 / std::sqrt(static_cast<double>(head_width));
  auto scores = at::matmul(query * scale, key.transpose(-2, -1));
  if (attention_mask.defined())
    scores = scores.masked_fill(attention_mask, -std::numeric_limits<double>::infinity());
  const auto weights = scores.softmax(-1);
  return at::matmul(weights, split(value)).transpose(1, 2).reshape({batch, count, width});
}

double worst(const at::Tensor& found, const at::Tensor& expected) {
  return (found.to(at::kDouble) - expected).abs().max().item<double>();
}

TEST(Attention, MeetsTheFormula) {
  // 5, 12 and 24 fill no vector of AVX-512, 5 and 12 none of AVX2.
  for (const int64_t head_width : {5, 12, 16, 24, 32, 48}) {
    if (!has_attention_kernel()) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
    for (const int64_t count : {1, 5, 33, 300}) {
      const int64_t heads = 3, width = heads * head_width;
      const auto query_key = focus::test::tensor("attention/qk", {2, count, 2 * width}, 3.0);
      const auto value = focus::test::tensor("attention/v", {2, count, width});
      EXPECT_TRUE(within_budget("attention.forward", worst(attention(query_key, value, heads),
                                                           attention_by_formula(query_key, value, heads))))
          << count << " queries, " << head_width << " channels";
    }
  }
}

TEST(Attention, RefusesTensorsThatAreElsewhere) {
  if (!has_attention_kernel()) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
  const auto elsewhere = at::device(at::kMeta).dtype(at::kFloat);
  const auto query_key = at::zeros({1, 5, 64}), value = at::zeros({1, 5, 32});
  EXPECT_THROW(attention(at::empty({1, 5, 64}, elsewhere), value, 2), c10::Error);
  EXPECT_THROW(attention(query_key, at::empty({1, 5, 32}, elsewhere), 2), c10::Error);
  EXPECT_THROW(attention(query_key, value, 2, at::empty({5, 5}, elsewhere.dtype(at::kBool))), c10::Error);
  EXPECT_NO_THROW(attention(query_key, value, 2));
}

/// What a denoising group must not see: others of its kind.
at::Tensor some_blocked(int64_t count) {
  const auto group = at::arange(count).div(3, "floor");
  const int64_t groups = count / 6;
  return group.unsqueeze(1).ne(group.unsqueeze(0)).logical_and(group.unsqueeze(0).lt(groups));
}

TEST(Attention, GradientsAreThoseOfTheFormula) {
  // 5, 12 and 24 fill no vector of AVX-512, 5 and 12 none of AVX2.
  for (const int64_t head_width : {5, 12, 16, 24, 32, 48}) {
    if (!has_attention_kernel()) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
    for (const int64_t count : {1, 5, 33, 127}) {
      for (const bool with_blocked : {false, true}) {
        const int64_t heads = 3, width = heads * head_width;
        const auto query_key =
            focus::test::tensor("attention/qk", {2, count, 2 * width}, 2.0).set_requires_grad(true);
        const auto value = focus::test::tensor("attention/v", {2, count, width}).set_requires_grad(true);
        const auto attention_mask = with_blocked ? some_blocked(count) : at::Tensor();
        const auto grad = focus::test::tensor("attention/grad", {2, count, width});
        const auto exact_query_key = query_key.detach().to(at::kDouble).set_requires_grad(true),
                   exact_value = value.detach().to(at::kDouble).set_requires_grad(true);
        const auto found = attention(query_key, value, heads, attention_mask);
        const auto expected = attention_by_formula(exact_query_key, exact_value, heads, attention_mask);
        EXPECT_TRUE(within_budget("attention.forward", worst(found, expected)));
        found.backward(grad);
        expected.backward(grad.to(at::kDouble));
        EXPECT_TRUE(within_budget("attention.gradient", worst(query_key.grad(), exact_query_key.grad())))
            << count << " queries of " << head_width;
        EXPECT_TRUE(within_budget("attention.gradient", worst(value.grad(), exact_value.grad())))
            << count << " queries of " << head_width;
      }
    }
  }
}

TEST(Attention, TakesTensorsThatAreNotContiguousAndNone) {
  if (!has_attention_kernel()) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
  const auto query_key = focus::test::tensor("attention/qk", {7, 2, 64}).transpose(0, 1);
  const auto value = focus::test::tensor("attention/v", {7, 2, 32}).transpose(0, 1);
  EXPECT_TRUE(within_budget("attention.forward",
                            worst(attention(query_key, value, 2),
                                  attention_by_formula(query_key.contiguous(), value.contiguous(), 2))));
  EXPECT_EQ(attention(at::empty({2, 0, 64}), at::empty({2, 0, 32}), 2).numel(), 0);
  EXPECT_THROW(attention(at::empty({2, 3, 60}), at::empty({2, 3, 32}), 2), c10::Error);
  EXPECT_THROW(attention(at::empty({2, 3, 64}), at::empty({2, 3, 32}), 2, at::zeros({3, 2}, at::kBool)),
               c10::Error);
}

/// As kernel::attention_block says.
at::Tensor as_columns(const at::Tensor& rows, int64_t padded, int64_t lanes) {
  const int64_t block = kernel::attention_block(lanes), channels = rows.size(1);
  auto all = at::zeros({padded, channels});
  all.slice(0, 0, rows.size(0)).copy_(rows);
  return all.view({padded / block, block, channels}).transpose(1, 2).contiguous();
}

template <int W>
void expect_lanes_attend(int64_t channels, int64_t count) {
  const auto query = focus::test::tensor("lanes/q", {count, channels}),
             key = focus::test::tensor("lanes/k", {count, channels}),
             value = focus::test::tensor("lanes/v", {count, channels});
  const int64_t padded = (count + 31) / 32 * 32;
  const auto keys = as_columns(key, padded, W);
  const auto output = at::empty({count, channels}), scratch = at::empty({kernel::kAttentionRows * padded});
  const kernel::AttentionHead head{count,
                                   padded,
                                   channels,
                                   /*row_width=*/channels,
                                   channels,
                                   channels,
                                   channels,
                                   query.data_ptr<float>(),
                                   keys.data_ptr<float>(),
                                   value.data_ptr<float>(),
                                   output.data_ptr<float>(),
                                   0.5F};
  kernel::attend_rows<W>(head, 0, count / 2, scratch.data_ptr<float>());
  kernel::attend_rows<W>(head, count / 2, count, scratch.data_ptr<float>());
  const auto expected = at::matmul(at::matmul(query, key.t()).mul(0.5).softmax(-1), value);
  EXPECT_TRUE(within_budget("attention.forward", worst(output, expected.to(at::kDouble))))
      << W << " lanes, " << channels << " channels, " << count;

  const auto values = as_columns(value, padded, W);
  const auto grad = focus::test::tensor("lanes/grad", {count, channels});
  const auto grad_query = at::empty({count, channels}), grad_key = at::zeros({count, channels}),
             grad_value = at::zeros({count, channels}),
             more_scratch = at::empty({2 * kernel::kAttentionGradientRows * padded});
  kernel::attend_gradient<W>(
      {head, key.data_ptr<float>(), values.data_ptr<float>(), grad.data_ptr<float>(),
       grad_query.data_ptr<float>(), grad_key.data_ptr<float>(), grad_value.data_ptr<float>()},
      more_scratch.data_ptr<float>());
  const auto q = query.to(at::kDouble).set_requires_grad(true),
             k = key.to(at::kDouble).set_requires_grad(true),
             v = value.to(at::kDouble).set_requires_grad(true);
  at::matmul(at::matmul(q, k.t()).mul(0.5).softmax(-1), v).backward(grad.to(at::kDouble));
  EXPECT_TRUE(within_budget("attention.gradient", worst(grad_query, q.grad())));
  EXPECT_TRUE(within_budget("attention.gradient", worst(grad_key, k.grad())));
  EXPECT_TRUE(within_budget("attention.gradient", worst(grad_value, v.grad())));
}

TEST(AttentionLanes, MeetTheFormula) {
  for (const int64_t count : {2, 7, 40}) {
    expect_lanes_attend<4>(20, count);
    expect_lanes_attend<8>(32, count);
    expect_lanes_attend<16>(80, count);
  }
}

TEST(Lanes, SoftmaxOfFarApartAndManyNumbers) {
  for (const int64_t count : {1, 3, 8, 16, 100}) {
    const auto x = focus::test::tensor("softmax", {count}, 60.0);
    const auto found = at::empty_like(x);
    kernel::softmax<8>(x.data_ptr<float>(), found.data_ptr<float>(), count);
    EXPECT_TRUE(within_budget("attention.softmax", worst(found, x.to(at::kDouble).softmax(0)))) << count;
  }
}

}  // namespace
