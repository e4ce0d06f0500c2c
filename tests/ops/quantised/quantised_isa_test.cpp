// Every instruction set's products in eight bits against sums in plain integers.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "ops/cpu/isa.h"
#include "ops/cpu/kernel_table.h"
#include "ops/cpu/rounded_up.h"
#include "ops/packed/precision.h"
#include "ops/quantised/quantised_linear.h"

namespace {

using namespace focus::ops;

bool has_vnni(Isa isa) {
#ifdef __x86_64__
  return isa == Isa::kAvx512 ? __builtin_cpu_supports("avx512vnni") : __builtin_cpu_supports("avxvnni");
#else
  return false;
#endif
}

constexpr int64_t kRows = 29, kDepth = 128, kColumns = 71;

void expect_plain_sums(kernel::MultiplyQuantised* multiply, int64_t lanes, int most, const char* what) {
  const int64_t panel = kernel::quantised_panel(lanes), panels = (kColumns + panel - 1) / panel;
  std::vector<uint8_t> bytes(static_cast<size_t>(rounded_up(kRows, kernel::kPaddedRows) * kDepth));
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = i % 5 == 0 ? 255 : static_cast<uint8_t>(i * 37);
  std::vector<int8_t> weights(static_cast<size_t>(panels * panel * kDepth));
  for (size_t i = 0; i < weights.size(); ++i) {
    const int number = static_cast<int>(i * 29 % 255) - 127;
    weights[i] = static_cast<int8_t>(i % 7 == 0 ? -most : number * most / 127);
  }
  std::vector<float> row_scales(bytes.size(), 1), column_scales(static_cast<size_t>(panels * panel), 1),
      output(static_cast<size_t>(kRows * kColumns), 7);
  kernel::QuantisedProduct product{};
  product.depth = kDepth;
  product.columns = kColumns;
  product.bytes_stride = kDepth;
  product.bytes = bytes.data();
  product.row_scales = row_scales.data();
  product.panel_stride = kDepth * panel;
  product.weights = weights.data();
  product.column_scales = column_scales.data();
  product.output_stride = kColumns;
  product.output = output.data();
  multiply(product, kRows);
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t column = 0; column < kColumns; ++column) {
      int32_t sum = 0;
      for (int64_t k = 0; k < kDepth; ++k) {
        const int64_t place =
            column / panel * product.panel_stride + k / 4 * panel * 4 + column % panel * 4 + k % 4;
        sum += bytes[static_cast<size_t>(row * kDepth + k)] * weights[static_cast<size_t>(place)];
      }
      ASSERT_EQ(output[static_cast<size_t>(row * kColumns + column)], static_cast<float>(sum))
          << what << ", row " << row << ", column " << column;
    }
  }
}

TEST(QuantisedProducts, AreSumsOfIntegersInEveryInstructionSet) {
  for (const Isa isa : supported_isas()) {
    const auto& kernels = kernels_of(isa);
    if (kernels.multiply_quantised == nullptr) continue;
    expect_plain_sums(kernels.multiply_quantised, kernels.lanes, 63, "without VNNI");
    if (QuantisedLinear::has_kernel() && kernels.multiply_quantised_amx != nullptr && cpu_has_amx()) {
      const QuantisedLinear asks_for_tiles(at::eye(16), {}, Activation::kNone);
      expect_plain_sums(kernels.multiply_quantised_amx, kernels.lanes, 127, "with AMX");
    }
    if (has_vnni(isa)) expect_plain_sums(kernels.multiply_quantised_vnni, kernels.lanes, 127, "with VNNI");
  }
}

TEST(QuantisedRows, AreTheSameInEveryInstructionSet) {
  std::vector<float> numbers(3 * 37);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i * 7919 % 1000) / 500 - 1;
  for (const bool is_signed : {true, false}) {
    std::vector<std::vector<uint8_t>> found;
    for (const Isa isa : supported_isas()) {
      const auto& kernels = kernels_of(isa);
      if (kernels.quantise_rows == nullptr) continue;
      std::vector<uint8_t> bytes(3 * 40, 9);
      std::vector<float> scales(3);
      auto values = numbers;
      if (!is_signed) {
        for (auto& value : values) value += 1;
      }
      kernels.quantise_rows({.width = 37,
                             .stride = 37,
                             .source = values.data(),
                             .is_signed = is_signed,
                             .bytes_stride = 40,
                             .bytes = bytes.data(),
                             .scales = scales.data()},
                            3);
      for (size_t row = 0; row < 3; ++row) {
        EXPECT_EQ(bytes[row * 40 + 38], 0);
        for (size_t i = 0; i < 37; ++i) {
          const float number =
              (static_cast<float>(bytes[row * 40 + i]) - (is_signed ? 128.0f : 0.0f)) * scales[row];
          EXPECT_LE(std::abs(number - values[row * 37 + i]), 0.501f * scales[row]);
        }
      }
      found.push_back(bytes);
    }
    for (const auto& bytes : found) EXPECT_EQ(bytes, found.front());
  }
}

}  // namespace
