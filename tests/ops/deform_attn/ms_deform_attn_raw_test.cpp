#include "ops/deform_attn/ms_deform_attn_raw.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <tuple>

#include "ops/deform_attn/ms_deform_attn.h"
#include "ops/deform_attn/ms_deform_attn_inputs.h"
#include "ops/deform_attn/point_placement_vector.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::within_budget;

struct RawCase {
  int64_t batch = 2, queries = 21, heads = 2, points = 4, channels = 8;
  bool boxes = false;
};

struct RawInputs {
  focus::test::MsDeformAttnInputs plain;  ///< Values and levels; locations and weights as `place` finds them.
  at::Tensor raw, references;
};

/// Locations and weights by the formulas of nn::DeformableAttention, differentiable.
std::pair<at::Tensor, at::Tensor> place(const at::Tensor& raw, const at::Tensor& references,
                                        const at::Tensor& spatial_shapes, int64_t heads) {
  const int64_t batch = raw.size(0), queries = raw.size(1), levels = spatial_shapes.size(0),
                all = raw.size(2) / 3, points = all / heads / levels;
  const auto offsets = raw.slice(2, 0, 2 * all).reshape({batch, queries, heads, levels, points, 2});
  const auto reference = references.unsqueeze(2).unsqueeze(4);
  const auto unit = references.size(3) == 4
                        ? reference.slice(-1, 2) * 0.5 / static_cast<double>(points)
                        : 1 / spatial_shapes.flip(-1).to(raw.options()).view({1, 1, 1, levels, 1, 2});
  const auto weights = raw.slice(2, 2 * all)
                           .reshape({batch, queries, heads, levels * points})
                           .softmax(-1)
                           .view({batch, queries, heads, levels, points});
  return {reference.slice(-1, 0, 2) + offsets * unit, weights};
}

RawInputs make_raw(const RawCase& c) {
  focus::test::MsDeformAttnCase plain;
  plain.batch = c.batch;
  plain.queries = c.queries;
  plain.heads = c.heads;
  plain.points = c.points;
  plain.channels = c.channels;
  RawInputs in{focus::test::make_inputs(plain), {}, {}};
  const auto levels = static_cast<int64_t>(plain.levels.size()), points = c.heads * levels * c.points;
  in.raw = focus::test::tensor("raw", {c.batch, c.queries, 3 * points}, 3.0);
  in.references = focus::test::tensor("references", {c.batch, c.queries, levels, c.boxes ? 4 : 2}, 0.5, 0.5);
  std::tie(in.plain.sampling_locations, in.plain.attention_weights) =
      place(in.raw, in.references, in.plain.spatial_shapes, c.heads);
  return in;
}

at::Tensor run_raw(const RawInputs& in) {
  const auto& p = in.plain;
  return ms_deform_attn_raw(p.value, p.spatial_shapes, p.level_start_index, in.raw, in.references);
}

TEST(MsDeformAttnRaw, MeetsTheOperatorOnWorkedOutPoints) {
  if (!has_ms_deform_attn_raw(at::empty({0}))) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
  for (const bool boxes : {false, true}) {
    for (const int64_t points : {1, 3, 4}) {
      for (const int64_t queries : {1, 8, 21}) {
        const auto in = make_raw({.queries = queries, .points = points, .boxes = boxes});
        const auto& p = in.plain;
        const auto found = run_raw(in);
        const auto expected = ms_deform_attn(p.value, p.spatial_shapes, p.level_start_index,
                                             p.sampling_locations, p.attention_weights);
        EXPECT_TRUE(within_budget("deform_attn.float32", relative_error(found, expected)))
            << queries << " queries, " << points << " points, boxes " << boxes;
      }
    }
  }
}

TEST(MsDeformAttnRaw, GradientsAreThoseOfTheOperatorInFloat64) {
  if (!has_ms_deform_attn_raw(at::empty({0}))) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
  for (const bool boxes : {false, true}) {
    for (const int64_t points : {1, 3, 4}) {
      for (const int64_t queries : {1, 21, 150}) {
        auto in = make_raw({.queries = queries, .points = points, .boxes = boxes});
        const auto upstream = focus::test::tensor("upstream", {2, queries, 16});
        in.plain.value.requires_grad_();
        in.raw.requires_grad_();
        const auto found = torch::autograd::grad({run_raw(in)}, {in.plain.value, in.raw}, {upstream});

        const auto exact = [](const at::Tensor& x) { return x.detach().to(at::kDouble).requires_grad_(); };
        const auto value = exact(in.plain.value), raw = exact(in.raw);
        const auto [locations, weights] =
            place(raw, in.references.to(at::kDouble), in.plain.spatial_shapes, 2);
        const auto expected = torch::autograd::grad(
            {ms_deform_attn(value, in.plain.spatial_shapes, in.plain.level_start_index, locations, weights)},
            {value, raw}, {upstream.to(at::kDouble)});
        SCOPED_TRACE(testing::Message() << queries << " queries, " << points << " points, boxes " << boxes);
        EXPECT_TRUE(
            within_budget("deform_attn.float32", relative_error(found[0].to(at::kDouble), expected[0])));
        EXPECT_TRUE(
            within_budget("deform_attn.raw_gradient", relative_error(found[1].to(at::kDouble), expected[1])));
      }
    }
  }
}

TEST(MsDeformAttnRaw, RefusesReferencesThatWouldLearn) {
  if (!has_ms_deform_attn_raw(at::empty({0}))) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
  auto in = make_raw({});
  in.references.requires_grad_();
  EXPECT_THROW(run_raw(in), c10::Error);
  const at::NoGradGuard no_gradient_is_wanted;
  EXPECT_EQ(run_raw(in).size(1), 21);
}

TEST(MsDeformAttnRaw, NamesWhatDoesNotFit) {
  if (!has_ms_deform_attn_raw(at::empty({0}))) GTEST_SKIP() << "skipped: no vector kernel on this CPU";
  const auto in = make_raw({});
  const auto& p = in.plain;
  const auto message = [&](const at::Tensor& raw, const at::Tensor& references) {
    try {
      ms_deform_attn_raw(p.value, p.spatial_shapes, p.level_start_index, raw, references);
    } catch (const c10::Error& error) {
      return std::string(error.what_without_backtrace());
    }
    return std::string();
  };
  EXPECT_NE(message(in.raw.slice(2, 1), in.references).find("raw must have a multiple of 24 columns"),
            std::string::npos);
  EXPECT_NE(message(in.raw, in.references.slice(1, 1)).find("reference_points must have shape"),
            std::string::npos);
  EXPECT_NE(message(in.raw.to(at::kDouble), in.references).find("raw must be Float"), std::string::npos);
  EXPECT_EQ(ms_deform_attn_raw(p.value, p.spatial_shapes, p.level_start_index, in.raw.slice(1, 0, 0),
                               in.references.slice(1, 0, 0))
                .numel(),
            0);
}

template <int W>
void expect_lanes_place(bool boxes, int64_t points) {
  auto in = make_raw({.points = points, .boxes = boxes});
  const auto shapes = in.plain.spatial_shapes.to(at::kInt);
  const auto height = shapes.select(1, 0).contiguous(), width = shapes.select(1, 1).contiguous();
  const int64_t levels = shapes.size(0), rows = in.raw.size(0) * in.raw.size(1);
  const kernel::Placement placement{2,
                                    levels,
                                    points,
                                    in.raw.data_ptr<float>(),
                                    in.references.data_ptr<float>(),
                                    boxes,
                                    height.data_ptr<int32_t>(),
                                    width.data_ptr<int32_t>()};
  const auto locations = at::empty_like(in.plain.sampling_locations, at::MemoryFormat::Contiguous);
  const auto weights = at::empty_like(in.plain.attention_weights, at::MemoryFormat::Contiguous);
  const auto scratch = at::empty({4 * levels * points});
  kernel::place_points<W>(placement, 0, rows, scratch.data_ptr<float>(), locations.data_ptr<float>(),
                          weights.data_ptr<float>());
  EXPECT_TRUE(
      within_budget("point_placement.float32", relative_error(locations, in.plain.sampling_locations)))
      << W << " lanes";
  EXPECT_TRUE(within_budget("point_placement.float32", relative_error(weights, in.plain.attention_weights)))
      << W << " lanes";

  const auto of_locations = focus::test::tensor("of locations", locations.sizes()),
             of_weights = focus::test::tensor("of weights", weights.sizes());
  const auto grad_raw = at::empty_like(in.raw);
  kernel::place_points_gradient<W>(placement,
                                   {weights.data_ptr<float>(), of_locations.data_ptr<float>(),
                                    of_weights.data_ptr<float>(), grad_raw.data_ptr<float>()},
                                   0, rows, scratch.data_ptr<float>());
  in.raw.requires_grad_();
  const auto [placed, weighted] = place(in.raw, in.references, in.plain.spatial_shapes, 2);
  const auto expected = torch::autograd::grad({placed, weighted}, {in.raw}, {of_locations, of_weights})[0];
  EXPECT_TRUE(within_budget("point_placement.float32", relative_error(grad_raw, expected))) << W << " lanes";
}

TEST(PointPlacementLanes, MeetTheFormulas) {
  for (const bool boxes : {false, true}) {
    for (const int64_t points : {1, 3, 4}) {
      expect_lanes_place<4>(boxes, points);
      expect_lanes_place<8>(boxes, points);
      expect_lanes_place<16>(boxes, points);
    }
  }
}

}  // namespace
