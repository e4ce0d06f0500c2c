#include "eval/size_groups.h"

#include <gtest/gtest.h>

#include <set>

namespace {

using focus::eval::SizeGroup;
using focus::eval::SizeGroups;

at::Tensor image(int64_t height, int64_t width) { return at::zeros({3, height, width}); }
int64_t bytes(int64_t height, int64_t width) { return 3 * height * width * 4; }

TEST(SizeGroups, AFullBatchOfOneSizeIsRun) {
  SizeGroups groups(2, int64_t{1} << 30);
  EXPECT_FALSE(groups.add(image(8, 8), 0));
  EXPECT_FALSE(groups.add(image(8, 9), 1));
  EXPECT_FALSE(groups.add(image(9, 8), 2));
  const auto full = groups.add(image(8, 9), 3);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->indices, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(groups.waiting_bytes(), bytes(8, 8) + bytes(9, 8));
  EXPECT_EQ(groups.next_left()->indices, std::vector<int64_t>{0});
  EXPECT_EQ(groups.next_left()->indices, std::vector<int64_t>{2});
  EXPECT_FALSE(groups.next_left());
  EXPECT_EQ(groups.waiting_bytes(), 0);
}

/// As many sizes as photographs have: no group is ever full.
TEST(SizeGroups, WhatWaitsIsBounded) {
  constexpr int64_t kBatch = 4, kMost = 100'000, kImages = 400;
  SizeGroups groups(kBatch, kMost);
  std::set<int64_t> run;
  const auto take = [&](const std::optional<SizeGroup>& group) {
    for (const int64_t index : group->indices)
      EXPECT_TRUE(run.insert(index).second) << index << " is run twice";
  };
  int64_t most = 0;
  for (int64_t i = 0; i < kImages; ++i) {
    if (const auto group = groups.add(image(40, 20 + i % 150), i)) {
      EXPECT_LE(std::ssize(group->indices), kBatch);
      take(group);
    }
    most = std::max(most, groups.waiting_bytes());
  }
  const int64_t full_batch = kBatch * bytes(40, 169);
  EXPECT_LE(most, std::max(kMost, full_batch));
  EXPECT_GT(most, full_batch / 2) << "images do wait for others of their size";
  while (const auto group = groups.next_left()) take(group);
  EXPECT_EQ(std::ssize(run), kImages);
}

TEST(SizeGroups, TheGroupWithMostBytesMakesRoom) {
  SizeGroups groups(3, 0);
  EXPECT_FALSE(groups.add(image(10, 10), 0));
  EXPECT_FALSE(groups.add(image(10, 10), 1));
  EXPECT_FALSE(groups.add(image(10, 9), 2));
  const auto group = groups.add(image(10, 8), 3);
  ASSERT_TRUE(group);
  EXPECT_EQ(group->indices, (std::vector<int64_t>{0, 1}));
}

}  // namespace
