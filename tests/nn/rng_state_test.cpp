#include "nn/rng_state.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace focus::nn {
namespace {

TEST(RngState, RestoresTheSequence) {
  at::manual_seed(5);
  at::randn({3});
  const auto state = cpu_rng_state();
  const auto expected = at::randn({17});
  at::rand({5});
  set_cpu_rng_state(state, "test");
  EXPECT_TRUE(at::equal(at::randn({17}), expected));
  set_cpu_rng_state(state, "test");
  {
    const RngScope scope;
    at::randn({100});
  }
  EXPECT_TRUE(at::equal(at::randn({17}), expected));
  EXPECT_THROW(set_cpu_rng_state(at::zeros({3}, at::kByte), "test"), Error);
  EXPECT_THROW(set_cpu_rng_state(at::zeros({5000}), "test"), Error);
  EXPECT_THROW(set_cpu_rng_state(at::zeros_like(state), "test"), Error);
}

}  // namespace
}  // namespace focus::nn
