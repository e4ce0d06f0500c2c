// Stochastic depth, as every backbone with it does it.
#pragma once

#include <gtest/gtest.h>

#include "models/backbones/backbone.h"

namespace focus::test {

/// Expects that branches are left out in training alone, and that the seed decides which. `images` (B, 3, H, W).
inline void expect_branches_left_out_in_training(models::Backbone& backbone, const at::Tensor& images) {
  const auto coarsest = [&] { return backbone.forward(images).back(); };
  backbone.eval();
  EXPECT_TRUE(coarsest().equal(coarsest()));
  backbone.train();
  at::manual_seed(1);
  const auto once = coarsest();
  EXPECT_FALSE(once.equal(coarsest()));
  at::manual_seed(1);
  EXPECT_TRUE(once.equal(coarsest())) << "a seed decides which";
}

}  // namespace focus::test
