#include "benchmark/keep_search.h"

#include <gtest/gtest.h>

namespace focus::test {
namespace {

using benchmark::search_keep_ratio;

TEST(KeepSearch, FindsTheLargestThatIsFastEnough) {
  for (int best = 2; best <= 100; ++best) {
    // 100 ms for everything but the encoder, and 2 ms a hundredth.
    const auto latency = [](double keep) { return 100 + 200 * keep; };
    const auto search = search_keep_ratio(latency(best / 100.0) + 1, latency);
    ASSERT_TRUE(search.best.has_value()) << best;
    EXPECT_DOUBLE_EQ(search.best->keep_ratio, best / 100.0);
    EXPECT_DOUBLE_EQ(search.best->milliseconds, latency(best / 100.0));
    EXPECT_LE(search.points.size(), 9u) << best;
    for (size_t i = 1; i < search.points.size(); ++i) {
      EXPECT_LT(search.points[i - 1].keep_ratio, search.points[i].keep_ratio);
    }
  }
}

TEST(KeepSearch, StopsWhenEvenTheSmallestIsTooSlow) {
  const auto search = search_keep_ratio(10, [](double) { return 11; });
  EXPECT_FALSE(search.best.has_value());
  ASSERT_EQ(search.points.size(), 1u);
  EXPECT_DOUBLE_EQ(search.points[0].keep_ratio, 0.02);
}

TEST(KeepSearch, TakesAllWhenAllIsFastEnough) {
  const auto search = search_keep_ratio(10, [](double) { return 10; });
  ASSERT_TRUE(search.best.has_value());
  EXPECT_DOUBLE_EQ(search.best->keep_ratio, 1);
  EXPECT_EQ(search.points.size(), 2u);
}

TEST(KeepSearch, WhatItFoundWasMeasuredFastEnoughHoweverNoisy) {
  int call = 0;
  const auto search =
      search_keep_ratio(150, [&](double keep) { return 100 + 100 * keep + 20 * (call++ % 3 - 1); });
  ASSERT_TRUE(search.best.has_value());
  EXPECT_LE(search.best->milliseconds, 150);
}

}  // namespace
}  // namespace focus::test
