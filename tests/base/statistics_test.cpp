#include "base/statistics.h"

#include <gtest/gtest.h>

namespace {

TEST(Statistics, SpreadIsOfTheSample) {
  const auto spread = focus::spread_of(std::vector<double>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(spread.mean, 2.5);
  EXPECT_DOUBLE_EQ(spread.deviation, std::sqrt(5.0 / 3));
  EXPECT_EQ(focus::spread_of(std::vector<double>{7}).deviation, 0);
  EXPECT_TRUE(std::isnan(focus::spread_of(std::vector<double>{}).mean));
}

}  // namespace
