#include "models/backbones/drop_path.h"

#include <gtest/gtest.h>

#include "models/backbones/backbone.h"
#include "models/support.h"

namespace focus::test {
namespace {

class DropPath : public testing::TestWithParam<const char*> {};

TEST_P(DropPath, LeavesOutBranchesInTrainingAlone) {
  models::BackboneOptions options{.name = GetParam(), .frozen_stages = 0, .drop_path = 0.9};
  const auto backbone = models::make_backbone(options);
  fill_deterministic(*backbone);
  const auto x = tensor("drop_path/x", {1, 3, 64, 64});
  backbone->eval();
  EXPECT_TRUE(backbone->forward(x)[2].equal(backbone->forward(x)[2]));
  backbone->train();
  at::manual_seed(1);
  const auto once = backbone->forward(x)[2];
  EXPECT_FALSE(once.equal(backbone->forward(x)[2]));
  at::manual_seed(1);
  EXPECT_TRUE(once.equal(backbone->forward(x)[2])) << "a seed decides which";
}

INSTANTIATE_TEST_SUITE_P(Backbones, DropPath, testing::Values("swin_t", "convnext_tiny"));

TEST(DropChances, RiseEvenlyFromTheFirstBlockToTheLast) {
  const auto chances = models::drop_chances(0.4, {1, 2, 1, 1});
  ASSERT_EQ(chances.size(), 4u);
  EXPECT_EQ(chances[0], std::vector<double>{0});
  ASSERT_EQ(chances[1].size(), 2u);
  EXPECT_NEAR(chances[1][1], 0.2, 1e-12);
  EXPECT_NEAR(chances[3][0], 0.4, 1e-12);
}

}  // namespace
}  // namespace focus::test
