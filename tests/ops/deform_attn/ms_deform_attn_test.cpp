#include "ops/deform_attn/ms_deform_attn.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <limits>
#include <string>

#include "ops/deform_attn/ms_deform_attn_dispatch.h"
#include "ops/deform_attn/ms_deform_attn_inputs.h"
#include "support/error_budget.h"

namespace {

using focus::ops::ms_deform_attn;
using focus::ops::ms_deform_attn_by_grid_sampler;
using focus::test::make_inputs;
using focus::test::MsDeformAttnCase;
using focus::test::MsDeformAttnInputs;
using focus::test::relative_error;
using focus::test::within_budget;

at::Tensor run(const MsDeformAttnInputs& in) {
  return ms_deform_attn(in.value, in.spatial_shapes, in.level_start_index, in.sampling_locations,
                        in.attention_weights);
}

at::Tensor by_grid_sampler(const MsDeformAttnInputs& in) {
  return ms_deform_attn_by_grid_sampler(in.value, in.spatial_shapes, in.sampling_locations,
                                        in.attention_weights);
}

/// Gradients of value, sampling_locations and attention_weights through autograd.
template <typename Op>
std::vector<at::Tensor> gradients(MsDeformAttnInputs in, Op op) {
  std::vector<at::Tensor> leaves;
  for (at::Tensor* t : {&in.value, &in.sampling_locations, &in.attention_weights}) {
    *t = t->detach().requires_grad_();
    leaves.push_back(*t);
  }
  return torch::autograd::grad({op(in)}, leaves, {in.grad_output});
}

const std::vector<MsDeformAttnCase> kCases{
    {},
    {.batch = 1,
     .queries = 40,
     .heads = 8,
     .channels = 32,
     .points = 4,
     .levels = {{13, 21}, {7, 11}, {4, 6}, {2, 3}}},
    {.batch = 3, .queries = 9, .heads = 3, .channels = 13, .points = 5, .levels = {{5, 3}}},
    {.batch = 1, .queries = 7, .heads = 1, .channels = 67, .points = 9, .levels = {{1, 9}, {9, 1}, {4, 4}}},
};

TEST(MsDeformAttn, MeetsGridSampler) {
  for (auto c : kCases) {
    for (const auto type : {at::kFloat, at::kDouble}) {
      c.type = type;
      SCOPED_TRACE(c.channels);
      const auto in = make_inputs(c);
      const std::string budget = type == at::kDouble ? "deform_attn.float64" : "deform_attn.float32";
      EXPECT_TRUE(within_budget(budget, relative_error(run(in), by_grid_sampler(in))));
      const auto found = gradients(in, run);
      const auto expected = gradients(in, by_grid_sampler);
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_TRUE(within_budget(budget, relative_error(found[i], expected[i]) / 10)) << "gradient " << i;
      }
    }
  }
}

TEST(MsDeformAttn, GradientsMeetFiniteDifferences) {
  MsDeformAttnCase c;
  c.type = at::kDouble;
  auto in = make_inputs(c);
  const auto analytic = gradients(in, run);
  const auto loss = [&] { return (run(in) * in.grad_output).sum().item<double>(); };
  constexpr double kStep = 1e-6;
  size_t index = 0;
  for (at::Tensor* input : {&in.value, &in.sampling_locations, &in.attention_weights}) {
    double* x = input->data_ptr<double>();
    const auto expected = analytic[index].contiguous();
    const double* g = expected.data_ptr<double>();
    for (int64_t i = 0; i < input->numel(); ++i) {
      const double kept = x[i];
      x[i] = kept + kStep;
      const double above = loss();
      x[i] = kept - kStep;
      const double below = loss();
      x[i] = kept;
      ASSERT_NEAR((above - below) / (2 * kStep), g[i], 1e-7) << "input " << index << ", element " << i;
    }
    ++index;
  }
}

TEST(MsDeformAttn, NonContiguousInputsGiveTheSame) {
  const auto in = make_inputs({});
  const auto scatter = [](const at::Tensor& t) { return at::stack({t, t + 1}, -1).select(-1, 0); };
  MsDeformAttnInputs strided = in;
  strided.value = scatter(in.value);
  strided.sampling_locations = scatter(in.sampling_locations);
  strided.attention_weights = scatter(in.attention_weights);
  strided.spatial_shapes = scatter(in.spatial_shapes);
  strided.level_start_index = scatter(in.level_start_index);
  strided.grad_output = scatter(in.grad_output);
  ASSERT_FALSE(strided.value.is_contiguous());
  EXPECT_TRUE(at::equal(run(in), run(strided)));
  const auto expected = gradients(in, run);
  const auto found = gradients(strided, run);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(at::equal(found[i], expected[i]));
}

TEST(MsDeformAttn, EmptyCallsGiveEmptyOrZero) {
  for (const MsDeformAttnCase& c :
       {MsDeformAttnCase{.queries = 0}, MsDeformAttnCase{.batch = 0}, MsDeformAttnCase{.points = 0},
        MsDeformAttnCase{.heads = 0}, MsDeformAttnCase{.channels = 0}}) {
    const auto in = make_inputs(c);
    const auto out = run(in);
    EXPECT_EQ(out.sizes(), at::IntArrayRef({c.batch, c.queries, c.heads * c.channels}));
    EXPECT_EQ(out.abs().sum().item<float>(), 0);
    const auto grads = gradients(in, run);
    EXPECT_EQ(grads[0].sizes(), in.value.sizes());
    EXPECT_EQ(grads[0].abs().sum().item<float>(), 0);
    EXPECT_EQ(grads[1].sizes(), in.sampling_locations.sizes());
    EXPECT_EQ(grads[1].abs().sum().item<float>(), 0);
    EXPECT_EQ(grads[2].sizes(), in.attention_weights.sizes());
    EXPECT_EQ(grads[2].abs().sum().item<float>(), 0);
  }
}

TEST(MsDeformAttn, IsDifferentiableOnlyOnce) {
  auto in = make_inputs({});
  in.value.requires_grad_();
  const auto first = torch::autograd::grad({run(in)}, {in.value}, {in.grad_output}, true, true);
  ASSERT_TRUE(first[0].requires_grad());
  try {
    torch::autograd::grad({first[0].sum()}, {in.value});
    FAIL() << "a second derivative was given";
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(error.what()).find("differentiable only once"), std::string::npos) << error.what();
  }
}

TEST(MsDeformAttn, RecordsNoGraphWithoutNeed) {
  const auto in = make_inputs({});
  EXPECT_FALSE(run(in).requires_grad());
  auto learned = in;
  learned.value = in.value.clone().requires_grad_();
  EXPECT_TRUE(run(learned).requires_grad());
  const c10::InferenceMode inference;
  EXPECT_TRUE(at::equal(run(in), run(learned)));
}

/// The message of the error a changed call raises.
std::string error_of(const std::function<void(MsDeformAttnInputs&)>& change) {
  auto in = make_inputs({});
  change(in);
  try {
    run(in);
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

#define EXPECT_ERROR(text, ...)                                             \
  {                                                                         \
    const auto message = error_of([](MsDeformAttnInputs & in) __VA_ARGS__); \
    EXPECT_NE(message.find(text), std::string::npos) << message;            \
  }                                                                         \
  static_assert(true)

TEST(MsDeformAttn, ErrorsNameTheArgument) {
  EXPECT_ERROR("value must be (B, S, H, D), found shape [2, 59, 8]", { in.value = in.value.flatten(2); });
  EXPECT_ERROR("value must be Float or Double, found Half", { in.value = in.value.to(at::kHalf); });
  EXPECT_ERROR("sampling_locations must be Double as value is, found Float",
               { in.value = in.value.to(at::kDouble); });
  EXPECT_ERROR("attention_weights must be Float as value is, found Double",
               { in.attention_weights = in.attention_weights.to(at::kDouble); });
  EXPECT_ERROR("sampling_locations must be (B, Q, H, L, P, 2)",
               { in.sampling_locations = in.sampling_locations.flatten(3, 4); });
  EXPECT_ERROR("sampling_locations must have shape [2, 5, 2, 4, 3, 2], found [2, 5, 1, 4, 3, 2]",
               { in.sampling_locations = in.sampling_locations.slice(2, 0, 1); });
  EXPECT_ERROR("attention_weights must have shape [2, 5, 2, 4, 3], found [2, 4, 2, 4, 3]",
               { in.attention_weights = in.attention_weights.slice(1, 0, 4); });
  EXPECT_ERROR("spatial_shapes must be (L, 2) int64",
               { in.spatial_shapes = in.spatial_shapes.to(at::kInt); });
  EXPECT_ERROR("spatial_shapes must be (L, 2)", { in.spatial_shapes = at::ones({4, 3}, at::kLong); });
  EXPECT_ERROR("level_start_index must be (L) int64",
               { in.level_start_index = in.level_start_index.unsqueeze(0); });
  EXPECT_ERROR("level_start_index must have 4 entries",
               { in.level_start_index = in.level_start_index.slice(0, 0, 3); });
  EXPECT_ERROR("level_start_index of level 2 is 55, expected 54", { in.level_start_index[2] += 1; });
  EXPECT_ERROR("spatial_shapes of level 1 is 0 x 4", { in.spatial_shapes[1][0] = 0; });
  EXPECT_ERROR("spatial_shapes of level 1 is -3 x 4", { in.spatial_shapes[1][0] = -3; });
  EXPECT_ERROR("within the 59 tokens", { in.spatial_shapes[0].fill_(std::numeric_limits<int64_t>::max()); });
  EXPECT_ERROR("add up to 60 tokens or more by level 3, expected 59", { in.spatial_shapes[3][0] = 2; });
  EXPECT_ERROR("add up to 59 tokens, expected 60", {
    in.value = at::constant_pad_nd(in.value, {0, 0, 0, 0, 0, 1});
  });
}

TEST(MsDeformAttn, AValueTooLargeForTheKernelsIsAnError) {
  EXPECT_ERROR("value must have at most 2147483647 elements per image", {
    in.value = at::zeros({1}).expand({1, 1 << 22, 8, 64});
    in.sampling_locations = at::zeros({1, 1, 8, 4, 1, 2});
    in.attention_weights = at::zeros({1, 1, 8, 4, 1});
  });
}

TEST(MsDeformAttn, ErrorsOfTheGradientNameTheArgument) {
  const auto in = make_inputs({});
  try {
    focus::ops::ms_deform_attn_backward(in.value, in.spatial_shapes, in.level_start_index,
                                        in.sampling_locations, in.attention_weights,
                                        in.grad_output.slice(2, 0, 7));
    FAIL() << "a wrong shape was taken";
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(error.what()).find("grad_output must have shape [2, 5, 8], found [2, 5, 7]"),
              std::string::npos);
  }
}

}  // namespace
