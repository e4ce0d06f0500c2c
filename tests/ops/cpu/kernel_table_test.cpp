#include "ops/cpu/kernel_table.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <map>

#include "ops/attention/attention.h"
#include "ops/cpu/isa.h"
#include "ops/winograd/winograd.h"

namespace {

using namespace focus::ops;

// The table as words, so that a kernel which is added to it later is looked at, too.
TEST(KernelTable, EverySetOfVectorKernelsIsFull) {
  using Words = std::array<uintptr_t, sizeof(kernel::Table) / sizeof(uintptr_t)>;
  for (const Isa isa : supported_isas()) {
    if (isa == Isa::kScalar) continue;
    auto table = kernels_of(isa);
    // Tiles come with AVX-512 alone.
    if (isa == Isa::kAvx2) {
      EXPECT_EQ(table.multiply_quantised_amx, nullptr);
      table.multiply_quantised_amx = table.multiply_quantised;
    }
    const auto words = std::bit_cast<Words>(table);
    ASSERT_GT(words.size(), 11u);
    for (size_t i = 0; i < words.size(); ++i) EXPECT_NE(words[i], 0u) << name_of(isa) << ", member " << i;
  }
}

TEST(KernelTable, SetsHaveTheLanesOfTheirInstructions) {
  const std::map<std::string_view, int64_t> lanes{{"scalar", 1}, {"avx2", 8}, {"avx512", 16}};
  for (const Isa isa : supported_isas()) EXPECT_EQ(kernels_of(isa).lanes, lanes.at(name_of(isa)));
}

TEST(KernelTable, EverySetSamplesAndOnlyVectorsDoTheRest) {
  for (const Isa isa : supported_isas()) {
    EXPECT_NE(kernels_of(isa).sample, nullptr);
    EXPECT_NE(kernels_of(isa).sample_gradient, nullptr);
  }
  EXPECT_EQ(kernels_of(Isa::kScalar).attend, nullptr);
  EXPECT_EQ(kernels_of(Isa::kScalar).winograd, nullptr);
}

TEST(KernelTable, TheOpsUseTheOneOfTheActiveInstructionSet) {
  EXPECT_EQ(&active_kernels(), &kernels_of(active_isa()));
  const bool scalar = active_isa() == Isa::kScalar;
  const int64_t lanes = active_kernels().lanes;
  EXPECT_EQ(WinogradConvolution::lanes(), scalar ? 0 : lanes);
  EXPECT_EQ(has_attention_kernel(), !scalar);
}

}  // namespace
