// The kernel's own source at 4, 8 and 16 lanes, as in ms_deform_attn_lanes_test.cpp.
#include <gtest/gtest.h>

#include <vector>

#include "ops/winograd.h"
#include "ops/winograd_inputs.h"
#include "ops/winograd_vector.h"
#include "support/deterministic.h"

namespace {

using namespace focus::ops;
using namespace focus::test::winograd;
using focus::test::tensor;

template <int W>
void expect_convolution_in_lanes() {
  const int64_t in = 2 * W, out = 3 * W, height = 6, width = 9;
  const auto weight = tensor("winograd/lanes-weight", {out, in, 3, 3}),
             x = tensor("winograd/lanes", {1, in, height, width});
  const auto points = winograd_weights(weight, W);
  const auto source = in_blocks(x, W);
  auto output = at::full({1, out / W, height, width, W}, 7.0f);
  const auto bias = at::zeros({points.size(0) * kernel::kWinogradPanel * W});
  kernel::Winograd work{};
  work.in_blocks = in / W;
  work.out_blocks = out / W;
  work.height = height;
  work.width = width;
  work.tiles_down = 2;
  work.tiles_across = 3;
  const kernel::FeatureMap map{0, height * width * W, width * W, W};
  work.source_map = work.output_map = map;
  work.source = source.template data_ptr<float>();
  work.output = output.template data_ptr<float>();
  work.weights = points.template data_ptr<float>();
  work.bias = bias.template data_ptr<float>();
  std::vector<float> scratch(kernel::winograd_scratch(work, 6, W));
  kernel::winograd<W>(work, {0, 6, 0, points.size(0)}, scratch.data());
  EXPECT_LT(worst_relative(in_order(output), exact(x, weight, at::zeros({out}))), 3e-6);
}

TEST(Winograd, KernelOfFourLanes) { expect_convolution_in_lanes<4>(); }
TEST(Winograd, KernelOfEightLanes) { expect_convolution_in_lanes<8>(); }
TEST(Winograd, KernelOfSixteenLanes) { expect_convolution_in_lanes<16>(); }

}  // namespace
