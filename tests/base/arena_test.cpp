#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "base/memory.h"

namespace {

using focus::Arena;

TEST(Arena, BlocksAreAlignedAndApart) {
  Arena arena(1 << 20);
  std::vector<char*> blocks;
  for (const size_t bytes : {1, 63, 64, 65, 1000}) {
    auto* block = static_cast<char*>(arena.allocate(bytes));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % Arena::kAlignment, 0U);
    EXPECT_TRUE(arena.owns(block));
    std::memset(block, static_cast<int>(bytes % 100), bytes);
    blocks.push_back(block);
  }
  EXPECT_EQ(blocks[4][0], 0);
  EXPECT_EQ(blocks[3][64], 65) << "no later block was written over it";
  EXPECT_EQ(arena.used_bytes(), 64U + 64 + 64 + 128 + 1024);
  EXPECT_FALSE(arena.owns(&arena));
}

TEST(Arena, FreedNeighboursGrowTogether) {
  Arena arena(4096);
  void *a = arena.allocate(1024), *b = arena.allocate(1024), *c = arena.allocate(1024),
       *d = arena.allocate(1024);
  EXPECT_EQ(arena.allocate(64), nullptr) << "it is full";
  for (const auto& order : {std::vector{a, c, b}, std::vector{b, a, c}, std::vector{c, b, a}}) {
    for (void* block : order) arena.deallocate(block);
    EXPECT_EQ(arena.allocate(3072), a) << "three places are one";
    arena.deallocate(a);
    ASSERT_EQ(arena.allocate(1024), a);
    ASSERT_EQ(arena.allocate(1024), b);
    ASSERT_EQ(arena.allocate(1024), c);
  }
  arena.deallocate(d);
  EXPECT_EQ(arena.used_bytes(), 3072U);
}

TEST(Arena, TheSmallestPlaceThatFitsIsTaken) {
  Arena arena(1 << 20);
  void *wide = arena.allocate(4096), *wall = arena.allocate(64), *narrow = arena.allocate(1024);
  arena.allocate(64);
  arena.deallocate(wide);
  arena.deallocate(narrow);
  EXPECT_EQ(arena.allocate(1000), narrow);
  EXPECT_EQ(arena.allocate(1000), wide);
  EXPECT_TRUE(arena.owns(wall));
}

TEST(Arena, WhatDoesNotFitIsNull) {
  Arena none(0), small(4096);
  EXPECT_EQ(none.allocate(1), nullptr);
  EXPECT_FALSE(none.owns(&none));
  EXPECT_EQ(small.allocate(4097), nullptr);
  EXPECT_EQ(small.allocate(SIZE_MAX), nullptr);
  EXPECT_NE(small.allocate(4096), nullptr);
}

TEST(Arena, RoundsOfOtherSizesDoNotMakeItGrow) {
  Arena arena(size_t{1} << 30);
  std::mt19937 random(1);
  const auto round = [&](double scale) {
    std::vector<void*> blocks;
    for (int i = 0; i < 200; ++i) {
      blocks.push_back(
          arena.allocate(static_cast<size_t>(scale * static_cast<double>(1000 + random() % 100000))));
      if (i % 3 == 2) {
        const size_t victim = random() % blocks.size();
        arena.deallocate(blocks[victim]);
        blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(victim));
      }
    }
    for (void* block : blocks) arena.deallocate(block);
  };
  round(1.0);
  const size_t first = arena.extent();
  for (int i = 0; i < 100; ++i) round(0.7 + 0.003 * i);
  EXPECT_EQ(arena.used_bytes(), 0U);
  EXPECT_LT(arena.extent(), first + first / 4);
}

TEST(Arena, WhatIsReleasedIsGivenBackAndReadsAsNothing) {
  constexpr size_t kBytes = 64 << 20;
  Arena arena(2 * kBytes);
  auto* kept = static_cast<char*>(arena.allocate(1 << 20));
  auto* block = static_cast<char*>(arena.allocate(kBytes));
  std::memset(kept, 1, 1 << 20);
  std::memset(block, 1, kBytes);
  arena.deallocate(block);
  arena.release();
  EXPECT_EQ(kept[12345], 1);
  ASSERT_EQ(arena.allocate(kBytes), block);
  EXPECT_EQ(block[kBytes / 2], 0) << "fresh pages";
}

TEST(Arena, PoisonReachesWhatIsFreeAndNothingElse) {
  Arena arena(1 << 20);
  auto* kept = static_cast<char*>(arena.allocate(4096));
  auto* freed = static_cast<char*>(arena.allocate(4096));
  auto* last = static_cast<char*>(arena.allocate(64));
  for (char* block : {kept, freed}) std::memset(block, 1, 4096);
  std::memset(last, 1, 64);
  arena.deallocate(freed);
  arena.poison(1024);
  EXPECT_EQ(kept[4095], 1);
  EXPECT_EQ(last[63], 1);
  ASSERT_EQ(arena.allocate(4096), freed);
  EXPECT_EQ(freed[0], '\xA5');
  EXPECT_EQ(freed[4095], '\xA5');
  const auto* behind = static_cast<char*>(arena.allocate(2048));
  EXPECT_EQ(behind[1023], '\xA5');
  EXPECT_EQ(behind[1024], 0) << "as far as was asked for";
}

TEST(Arena, ThreadsShareIt) {
  Arena arena(size_t{1} << 28);
  const auto work = [&arena](unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::pair<unsigned char*, size_t>> blocks;
    for (int i = 0; i < 2000; ++i) {
      const size_t bytes = 1 + random() % 5000;
      auto* block = static_cast<unsigned char*>(arena.allocate(bytes));
      std::memset(block, static_cast<int>(seed), bytes);
      blocks.emplace_back(block, bytes);
      if (blocks.size() < 20) continue;
      const auto [oldest, size] = blocks.front();
      for (size_t k = 0; k < size; ++k) ASSERT_EQ(oldest[k], seed);
      arena.deallocate(oldest);
      blocks.erase(blocks.begin());
    }
    for (const auto& entry : blocks) arena.deallocate(entry.first);
  };
  std::thread one(work, 1), two(work, 2), three(work, 3);
  one.join();
  two.join();
  three.join();
  EXPECT_EQ(arena.used_bytes(), 0U);
}

}  // namespace
