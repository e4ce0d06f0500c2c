#include "nn/position_embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "nn/batch.h"
#include "support/deterministic.h"
#include "support/golden.h"

namespace focus::test {
namespace {

TEST(SinePositionEmbedding, MatchesTheReference) {
  const Golden golden("units");
  const auto found = nn::sine_position_embedding(golden.at("pe_mask").to(at::kBool), 256);
  golden.expect_matches("pe_out", found, 1e-5);
}

TEST(SinePositionEmbedding, PaddingDoesNotMoveTheTokensOfAImage) {
  const auto padded = nn::sine_position_embedding(nn::padding_mask_of({{3, 5}}, 7, 8), 32);
  const auto alone = nn::sine_position_embedding(at::zeros({1, 3, 5}, at::kBool), 32);
  EXPECT_TRUE(padded.slice(2, 0, 3).slice(3, 0, 5).allclose(alone, 0, 1e-6));
  const auto whole = nn::sine_position_embedding(at::zeros({1, 7, 8}, at::kBool), 32);
  EXPECT_FALSE(whole.slice(2, 0, 3).slice(3, 0, 5).allclose(alone, 0, 0.01))
      << "positions are relative to the image";
}

TEST(SinePositionEmbedding, FirstHalfIsYAndTheOffsetIsTheTokensCentre) {
  const auto found = nn::sine_position_embedding(at::zeros({1, 4, 10}, at::kBool), 8);
  ASSERT_EQ(found.sizes().vec(), (std::vector<int64_t>{1, 8, 4, 10}));
  const double y = 2 * std::numbers::pi * 2.5 / 4, x = 2 * std::numbers::pi * 7.5 / 10;
  EXPECT_NEAR(found[0][0][2][7].item<double>(), std::sin(y), 1e-5);
  EXPECT_NEAR(found[0][1][2][7].item<double>(), std::cos(y), 1e-5);
  EXPECT_NEAR(found[0][4][2][7].item<double>(), std::sin(x), 1e-5);
  EXPECT_NEAR(found[0][6][2][7].item<double>(), std::sin(x / 100), 1e-5) << "temperature 10000";
}

TEST(SinePositionEmbedding, WithoutPaddingIsTheSameForLess) {
  const auto found = nn::sine_position_embedding(2, 7, 9, 16, at::kCPU);
  EXPECT_TRUE(found.equal(nn::sine_position_embedding(at::zeros({2, 7, 9}, at::kBool), 16)));
}

TEST(SineBoxEmbedding, MatchesTheReference) {
  const auto boxes = tensor("unit/sine/ref", {2, 3, 4}, 0.5, 0.5);
  Golden("units").expect_matches("sine_out", nn::sine_box_embedding(boxes, 128), 1e-5);
}

TEST(SineBoxEmbedding, OrderIsYXWidthHeight) {
  const auto box = at::tensor({0.1, 0.2, 0.3, 0.4}, at::kDouble).view({1, 1, 4});
  const auto found = nn::sine_box_embedding(box, 2);
  ASSERT_EQ(found.sizes().vec(), (std::vector<int64_t>{1, 1, 8}));
  const double coordinates[] = {0.2, 0.1, 0.3, 0.4};
  for (int64_t i = 0; i < 4; ++i) {
    const double phase = 2 * std::numbers::pi * coordinates[i];
    EXPECT_NEAR(found[0][0][2 * i].item<double>(), std::sin(phase), 1e-12) << i;
    EXPECT_NEAR(found[0][0][2 * i + 1].item<double>(), std::cos(phase), 1e-12) << i;
  }
}

}  // namespace
}  // namespace focus::test
