#include "data/split/stratify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/error.h"

namespace focus::data {
namespace {

/// How many images of each class the parts have: counts[part][class].
std::map<size_t, std::map<int64_t, int64_t>> counts_of(const std::vector<StratifyGroup>& groups,
                                                       const std::vector<size_t>& parts) {
  std::map<size_t, std::map<int64_t, int64_t>> counts;
  for (size_t g = 0; g < groups.size(); ++g) {
    for (const auto& [label, images] : groups[g].classes) counts[parts[g]][label] += images;
  }
  return counts;
}

/// 100 images: class 0 on all, class 1 on 20, class 2 on 7, class 3 on one.
std::vector<StratifyGroup> hundred() {
  std::vector<StratifyGroup> groups;
  for (int i = 0; i < 100; ++i) {
    StratifyGroup group{1, {{0, 1}}};
    if (i % 5 == 0) group.classes.push_back({1, 1});
    if (i % 15 == 1) group.classes.push_back({2, 1});
    if (i == 50) group.classes.push_back({3, 1});
    groups.push_back(group);
  }
  return groups;
}

TEST(Stratify, EachPartHasItsShareOfEveryClass) {
  const auto groups = hundred();
  for (const uint64_t seed : {0, 1, 2, 3, 4}) {
    auto counts = counts_of(groups, stratify(groups, 4, {0.7, 0.15, 0.15}, seed));
    EXPECT_EQ(counts[0][0], 70);
    EXPECT_EQ(counts[1][0], 15);
    EXPECT_EQ(counts[2][0], 15);
    EXPECT_EQ(counts[0][1], 14);
    EXPECT_EQ(counts[1][1], 3);
    EXPECT_EQ(counts[2][1], 3);
    EXPECT_EQ(counts[0][2], 5);
    EXPECT_EQ(counts[1][2], 1);
    EXPECT_EQ(counts[2][2], 1);
    EXPECT_EQ(counts[0][3], 1) << "a class of one image is there to be learned";
  }
}

TEST(Stratify, TheSeedDecides) {
  const auto groups = hundred();
  const std::vector<double> shares{0.7, 0.15, 0.15};
  EXPECT_EQ(stratify(groups, 4, shares, 5), stratify(groups, 4, shares, 5));
  EXPECT_NE(stratify(groups, 4, shares, 5), stratify(groups, 4, shares, 6));
}

TEST(Stratify, WhatIsLearnedHasAllClasses) {
  // Two images of class 0, each with a rarer class that draws it to another part.
  std::vector<StratifyGroup> groups(10, {1, {{3, 1}}});
  groups[0].classes = {{0, 1}, {1, 1}};
  groups[1].classes = {{0, 1}, {2, 1}};
  for (const uint64_t seed : {0, 1, 2, 3, 4}) {
    auto counts = counts_of(groups, stratify(groups, 4, {0.2, 0.8}, seed));
    for (int64_t label = 0; label < 4; ++label)
      EXPECT_GT(counts[0][label], 0) << label << " of seed " << seed;
    EXPECT_FALSE(counts[1].empty());
  }
}

TEST(Stratify, NoPartStaysEmpty) {
  for (size_t count = 3; count < 9; ++count) {
    const std::vector<StratifyGroup> groups(count, {1, {{0, 1}}});
    const auto parts = stratify(groups, 1, {0.9, 0.05, 0.05}, 1);
    for (size_t part = 0; part < 3; ++part)
      EXPECT_GE(std::count(parts.begin(), parts.end(), part), 1) << count;
  }
  const auto two = stratify(std::vector<StratifyGroup>(10, {1, {{0, 1}}}), 1, {0.8, 0, 0.2}, 1);
  EXPECT_EQ(std::count(two.begin(), two.end(), 1u), 0) << "a part without a share";
  EXPECT_EQ(std::count(two.begin(), two.end(), 2u), 2);
  EXPECT_THROW(stratify(std::vector<StratifyGroup>(2), 0, {0.7, 0.15, 0.15}, 0), UsageError);
}

TEST(Stratify, LargeGroupsKeepTheShares) {
  std::vector<StratifyGroup> groups;
  for (int i = 0; i < 20; ++i) groups.push_back({i == 0 ? 15 : 5, {{0, i == 0 ? 15 : 5}}});
  const auto parts = stratify(groups, 1, {0.7, 0.15, 0.15}, 3);
  auto counts = counts_of(groups, parts);
  EXPECT_NEAR(static_cast<double>(counts[0][0]), 77, 5);
  EXPECT_NEAR(static_cast<double>(counts[1][0]), 16.5, 5);
  EXPECT_NEAR(static_cast<double>(counts[2][0]), 16.5, 5);
}

}  // namespace
}  // namespace focus::data
