// The op and its gradients against the reference's numbers.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "ops/deform_attn/ms_deform_attn.h"
#include "support/deterministic.h"
#include "support/error_budget.h"
#include "support/golden.h"

namespace focus::test {
namespace {

const double kTolerance = error_budget("deform_attn.float32");

TEST(MsDeformAttnGolden, OutputAndGradientsMatchTheReference) {
  const Golden golden("units");
  const auto shapes = golden.at("msda_shapes");
  const auto areas = shapes.prod(1);
  const auto starts = areas.cumsum(0) - areas;
  const auto value = tensor("unit/msda/value", {2, 59, 2, 4}).requires_grad_();
  const auto locations = tensor("unit/msda/loc", {2, 5, 2, 4, 3, 2}, 0.7, 0.5).requires_grad_();
  const auto weights = tensor("unit/msda/aw", {2, 5, 2, 4, 3}, 0.5, 0.5).requires_grad_();

  const auto out = ops::ms_deform_attn(value, shapes, starts, locations, weights);
  golden.expect_matches("msda_out", out.detach(), kTolerance);

  const auto upstream = tensor("unit/msda/grad", out.sizes());
  const auto gradients = torch::autograd::grad({out}, {value, locations, weights}, {upstream});
  golden.expect_matches("msda_gvalue", gradients[0], kTolerance);
  golden.expect_matches("msda_gloc", gradients[1], 10 * kTolerance);  // As large as the levels are wide.
  golden.expect_matches("msda_gaw", gradients[2], kTolerance);
}

TEST(MsDeformAttnGolden, GridSamplerMatchesTheReference) {
  const Golden golden("units");
  const auto out =
      ops::ms_deform_attn_by_grid_sampler(tensor("unit/msda/value", {2, 59, 2, 4}), golden.at("msda_shapes"),
                                          tensor("unit/msda/loc", {2, 5, 2, 4, 3, 2}, 0.7, 0.5),
                                          tensor("unit/msda/aw", {2, 5, 2, 4, 3}, 0.5, 0.5));
  golden.expect_matches("msda_out", out, kTolerance);
}

}  // namespace
}  // namespace focus::test
