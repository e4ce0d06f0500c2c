#include "nn/macs.h"

#include <gtest/gtest.h>

#include <functional>

#include "nn/attention.h"
#include "nn/conv_norm.h"
#include "nn/layers.h"

namespace focus::test {
namespace {

int64_t macs_of(const std::function<void()>& run) {
  at::NoGradGuard no_grad;
  Profile profile;
  const ProfileRecording recording(profile);
  run();
  return profile.macs();
}

nn::ConvNorm conv_of(const nn::ConvShape& shape) {
  return {shape, std::make_shared<nn::BatchNorm>(shape.out, nn::BatchNormMode::kFrozen),
          nn::Activation::kRelu, true};
}

TEST(Macs, OfALinearLayer) {
  const nn::Linear linear(3, 5);
  EXPECT_EQ(macs_of([&] { linear.forward(at::ones({2, 7, 3})); }), 2 * 7 * 3 * 5);
}

TEST(Macs, OfNetworksOfLinearLayers) {
  nn::Mlp mlp(8, 6, 4, 3);
  EXPECT_EQ(macs_of([&] { mlp.forward(at::ones({10, 8})); }), 10 * (8 * 6 + 6 * 6 + 6 * 4));
  const nn::FeedForward feedforward(8, 32);
  EXPECT_EQ(macs_of([&] { feedforward.forward(at::ones({1, 10, 8})); }), 10 * 2 * 8 * 32);
}

TEST(Macs, OfConvolutions) {
  auto conv = conv_of({4, 6, 3, 2});
  EXPECT_EQ(macs_of([&] { conv.forward(at::ones({1, 4, 9, 11})); }), 6 * 5 * 6 * (4 * 3 * 3));
  auto depthwise = conv_of({6, 6, 3, 1, 6});
  EXPECT_EQ(macs_of([&] { depthwise.forward(at::ones({2, 6, 5, 7})); }), 2 * 6 * 5 * 7 * (3 * 3));
}

TEST(Macs, OfSelfAttention) {
  constexpr int64_t kTokens = 9, kWidth = 16;
  const nn::SelfAttention attention(kWidth, 4);
  const auto x = at::ones({1, kTokens, kWidth});
  const int64_t projections = 4 * kTokens * kWidth * kWidth, products = 2 * kTokens * kTokens * kWidth;
  EXPECT_EQ(macs_of([&] { attention.forward(x, x); }), projections + products);
}

TEST(Macs, OfDeformableAttention) {
  constexpr int64_t kQueries = 5, kTokens = 6 * 8 + 3 * 4, kWidth = 16, kHeads = 2, kLevels = 2, kPoints = 3;
  const nn::DeformableAttention attention(kWidth, kHeads, kLevels, kPoints);
  const nn::Levels levels{at::tensor({6, 8, 3, 4}, at::kLong).view({2, 2}), at::tensor({0, 48}, at::kLong)};
  const auto query = at::ones({1, kQueries, kWidth});
  const auto references = at::full({1, kQueries, kLevels, 2}, 0.5);
  at::Tensor values;
  EXPECT_EQ(macs_of([&] {
              values = attention.project(at::ones({1, kTokens, kWidth}), {});
            }),
            kTokens * kWidth * kWidth);
  const int64_t samples = kQueries * kHeads * kLevels * kPoints;
  const int64_t projections = kQueries * kWidth * (3 * kHeads * kLevels * kPoints + kWidth);
  EXPECT_EQ(macs_of([&] { attention.forward(query, query, values, references, levels); }),
            projections + samples * (4 + 1) * (kWidth / kHeads));
}

}  // namespace
}  // namespace focus::test
