// The CUDA kernels' numbers of sixteen bits against LibTorch's, and the emulated team's own eyes.
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "ops/cuda/emulated_team.h"
#include "ops/cuda/numbers.h"

namespace {

using focus::ops::cuda::Bf16;
using focus::ops::cuda::Fp16;
using focus::test::EmulatedTeam;
using focus::test::ThreadOrder;

template <typename Ours, typename Theirs>
void expect_the_same_numbers() {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float found = focus::ops::cuda::widen(Ours{static_cast<uint16_t>(bits)});
    const float expected = Theirs(static_cast<uint16_t>(bits), Theirs::from_bits());
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(found)) << bits;
      continue;
    }
    ASSERT_EQ(std::bit_cast<uint32_t>(found), std::bit_cast<uint32_t>(expected)) << bits;
  }
  // All exponents, with mantissas around each rounding's ties.
  for (uint32_t high = 0; high < 65536; ++high) {
    for (const uint32_t low :
         {0x0000u, 0x0001u, 0x0FFFu, 0x1000u, 0x1001u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      const auto number = std::bit_cast<float>(high << 16 | low);
      Ours found{};
      focus::ops::cuda::narrow(number, found);
      if (std::isnan(number)) {
        ASSERT_TRUE(std::isnan(focus::ops::cuda::widen(found)));
      } else {
        ASSERT_EQ(found.bits, Theirs(number).x) << number;
      }
    }
  }
}

TEST(CudaNumbers, HalvesAreLibTorchs) { expect_the_same_numbers<Fp16, c10::Half>(); }
TEST(CudaNumbers, BrainFloatsAreLibTorchs) { expect_the_same_numbers<Bf16, c10::BFloat16>(); }

struct NumberThread {
  int32_t thread;
  float number;
};

TEST(EmulatedTeam, SeesAMissingBarrier) {
  for (const bool waits : {false, true}) {
    EmulatedTeam<NumberThread, float> team(0, 128 * sizeof(float), ThreadOrder::kUp);
    team.each([&](NumberThread& me) { team.put(me.thread, 1.0f); });
    if (waits) team.barrier();
    team.each([&](NumberThread& me) { me.number = team.get(me.thread ^ 1); });
    EXPECT_EQ(team.complaint().empty(), waits) << team.complaint();
    if (!waits) continue;
    team.each([&](NumberThread& me) { team.put(me.thread, 2.0f); });  // Another thread may not have read yet.
    EXPECT_FALSE(team.complaint().empty());
  }
}

TEST(EmulatedTeam, SeesAnotherWarpsMemory) {
  EmulatedTeam<NumberThread, float> team(0, 128 * sizeof(float), ThreadOrder::kUp);
  team.each([&](NumberThread& me) { team.put(me.thread, 1.0f); });
  team.barrier();
  team.each([&](NumberThread& me) { me.number = team.get((me.thread + 32) % 128); });
  EXPECT_NE(team.complaint().find("another warp"), std::string::npos) << team.complaint();
}

}  // namespace
