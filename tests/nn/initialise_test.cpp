#include "nn/initialise.h"

#include <gtest/gtest.h>

#include "nn/layers.h"

namespace focus::nn {
namespace {

TEST(Initialise, AsAsked) {
  at::manual_seed(1);
  const auto normal = normal_weights({200, 200}, 0.5), even = uniform_weights({200, 200}, 0.25);
  EXPECT_NEAR(normal.std().item<double>(), 0.5, 0.01);
  EXPECT_NEAR(even.std().item<double>(), 0.25 / std::sqrt(3.0), 0.005);
  EXPECT_LE(even.abs().max().item<double>(), 0.25);
}

TEST(Initialise, LeftOutDrawsNoNumbersAndEndsWithItsScope) {
  const auto next = [] { return at::rand({1}).item<float>(); };
  at::manual_seed(2);
  const float expected = next();
  at::manual_seed(2);
  {
    const WithoutInitialisation outer;
    { const WithoutInitialisation inner; }
    const Linear layer(64, 64);
    EXPECT_EQ(layer.weight.sizes(), at::IntArrayRef({64, 64}));
    normal_weights({8}, 1);
  }
  EXPECT_EQ(next(), expected);
  at::manual_seed(2);
  normal_weights({8}, 1);
  EXPECT_NE(next(), expected);
}

}  // namespace
}  // namespace focus::nn
