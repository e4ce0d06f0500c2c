// The kernel's own source at 4, 8 and 16 lanes, as in ms_deform_attn_lanes_test.cpp.
#include <gtest/gtest.h>

#include <vector>

#include "ops/relative_error.h"
#include "ops/winograd/winograd_gradient_vector.h"
#include "ops/winograd/winograd_inputs.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace {

using namespace focus::ops;
using focus::test::relative_error;
using focus::test::within_budget;
using namespace focus::test::winograd;
using focus::test::tensor;

template <int W>
void expect_convolution_in_lanes() {
  const int64_t in = 2 * W, out = 3 * W, height = 6, width = 9;
  const auto weight = tensor("winograd/lanes-weight", {out, in, 3, 3}),
             x = tensor("winograd/lanes", {1, in, height, width});
  const int64_t panels = (out / W + 1) / 2;
  const auto points = at::full({panels, kernel::kWinogradPoints, in, 2 * W}, 7.0f);
  kernel::winograd_weights<W>({weight.template data_ptr<float>(), out, in, in * 9, 9, false},
                              points.template data_ptr<float>(), 0, panels);
  const auto source = in_blocks(x, W);
  auto output = at::full({1, out / W, height, width, W}, 7.0f);
  const auto bias = at::zeros({panels * kernel::kWinogradPanel * W});
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
  kernel::winograd<W>(work, {0, 6, 0, panels}, scratch.data());
  EXPECT_TRUE(within_budget("winograd.forward",
                            relative_error(in_order(output), exact(x, weight, at::zeros({out})))));
}

template <int W>
void expect_weight_gradient_in_lanes() {
  const int64_t in = 2 * W, out = 3 * W, height = 6, width = 9, tiles = 6;
  const auto x = tensor("winograd/lanes", {1, in, height, width}),
             grad = tensor("winograd/lanes-grad", {1, out, height, width});
  const auto source = in_blocks(x, W), result = in_blocks(grad, W);
  const auto source_tiles = at::empty({kernel::kWinogradPoints, in, tiles}),
             grad_tiles = at::empty({kernel::kWinogradPoints, out, tiles}),
             products = at::empty({kernel::kWinogradPoints, in, out}), found = at::empty({out, in, 3, 3});
  const kernel::FeatureMap map{0, height * width * W, width * W, W};
  const kernel::WinogradGradient work{in / W,
                                      out / W,
                                      height,
                                      width,
                                      2,
                                      3,
                                      map,
                                      map,
                                      source.template data_ptr<float>(),
                                      result.template data_ptr<float>(),
                                      source_tiles.template data_ptr<float>(),
                                      grad_tiles.template data_ptr<float>(),
                                      products.template data_ptr<float>()};
  kernel::winograd_gradient_tiles<W>(work, 0, tiles, 0, 5);
  kernel::winograd_gradient_products<W>(work, tiles, false, 0, kernel::kWinogradPoints * 2);
  kernel::winograd_gradient_weights<W>(work, found.template data_ptr<float>(), 0, in);
  EXPECT_TRUE(
      within_budget("winograd.weight_gradient", relative_error(found, exact_weight_gradient(x, grad))));
}

TEST(Winograd, KernelsOfFourLanes) {
  expect_convolution_in_lanes<4>();
  expect_weight_gradient_in_lanes<4>();
}

TEST(Winograd, KernelsOfEightLanes) {
  expect_convolution_in_lanes<8>();
  expect_weight_gradient_in_lanes<8>();
}

TEST(Winograd, KernelsOfSixteenLanes) {
  expect_convolution_in_lanes<16>();
  expect_weight_gradient_in_lanes<16>();
}

}  // namespace
