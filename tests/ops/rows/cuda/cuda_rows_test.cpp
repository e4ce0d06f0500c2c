// The CUDA kernels for rows, run on the CPU thread by thread, against their definition in float64.
#include <gtest/gtest.h>

#include "ops/cuda/emulated_team.h"
#include "ops/cuda/random_rows.h"
#include "ops/rows/cuda/row_kernels.h"
#include "support/error_budget.h"

namespace {

using focus::ops::cuda::Bf16;
using focus::ops::cuda::Fp16;
using focus::ops::cuda::NormedRows;
using focus::ops::cuda::RowShape;
using focus::ops::cuda::RowThread;
using focus::ops::cuda::TakenRows;
using focus::test::as_double;
using focus::test::emulate_blocks;
using focus::test::RandomRows;
using focus::test::relative_error;
using focus::test::ThreadOrder;

constexpr float kEpsilon = 1e-5f;

template <typename T, typename Run>
void emulate_rows(const RowShape& shape, Run run) {
  const int64_t blocks = (shape.rows() + focus::ops::cuda::kRowsOfBlock - 1) / focus::ops::cuda::kRowsOfBlock;
  const bool wide = shape.channels % focus::ops::cuda::kVectorWidth<T> == 0;
  emulate_blocks<RowThread, float>(blocks, 0, ThreadOrder::kUp, [&](auto& team) {
    if (wide) {
      run.template operator()<focus::ops::cuda::kVectorWidth<T>>(team);
    } else {
      run.template operator()<1>(team);
    }
  });
}

template <typename T>
class CudaRows : public testing::Test {};
using RowTypes = testing::Types<float, Bf16, Fp16>;
TYPED_TEST_SUITE(CudaRows, RowTypes);

TYPED_TEST(CudaRows, AreTakenWhole) {
  for (const RowShape& shape : focus::test::row_shapes()) {
    SCOPED_TRACE(testing::Message() << shape.chosen << " rows of " << shape.channels);
    RandomRows<TypeParam> call(shape);
    if (!call.index.empty()) call.index.back() = shape.length;
    for (const bool both : {false, true}) {
      std::vector<TypeParam> taken(call.x.size()), positions(call.x.size());
      const TakenRows<TypeParam> rows{{call.memory.data(), both ? call.positions.data() : nullptr},
                                      {taken.data(), positions.data()}};
      emulate_rows<TypeParam>(shape, [&]<int width>(auto& team) {
        focus::ops::cuda::take_rows_block<TypeParam, width>(team, shape, call.index.data(), rows);
      });
      const auto found = as_double(taken), found_positions = as_double(positions);
      const auto expected = call.taken(call.memory), expected_positions = call.taken(call.positions);
      for (size_t i = 0; i < found.size(); ++i) {
        ASSERT_TRUE(found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i]))) << i;
        ASSERT_TRUE(!both || found_positions[i] == expected_positions[i] || std::isnan(expected[i])) << i;
      }
    }
  }
}

TYPED_TEST(CudaRows, AreNormalisedIntoTheirPlace) {
  const std::string budget = sizeof(TypeParam) == 4 ? "rows.float32" : "rows.sixteen_bits";
  for (const RowShape& shape : focus::test::row_shapes()) {
    for (const bool with_residual : {false, true}) {
      SCOPED_TRACE(testing::Message()
                   << shape.chosen << " rows of " << shape.channels << ", " << with_residual);
      RandomRows<TypeParam> call(shape);
      if (call.index.size() > 1) call.index.back() = -1;
      const auto expected = call.normed(with_residual, kEpsilon);
      auto to = call.memory;
      const NormedRows<TypeParam> rows{.x = call.x.data(),
                                       .residual = with_residual ? call.residual.data() : nullptr,
                                       .weight = call.weight.data(),
                                       .bias = call.bias.data(),
                                       .epsilon = kEpsilon,
                                       .to = to.data()};
      emulate_rows<TypeParam>(shape, [&]<int width>(auto& team) {
        focus::ops::cuda::norm_rows_block<TypeParam, width>(team, shape, call.index.data(), rows);
      });
      EXPECT_TRUE(focus::test::within_budget(budget, relative_error(as_double(to), expected)));
    }
  }
}

TYPED_TEST(CudaRows, AreAllNormalisedWithoutAnIndex) {
  RandomRows<TypeParam> call({.batch = 2, .length = 7, .chosen = 7, .channels = 48});
  for (size_t row = 0; row < call.index.size(); ++row) call.index[row] = static_cast<int64_t>(row % 7);
  const auto expected = call.normed(true, kEpsilon);
  auto to = call.memory;
  const NormedRows<TypeParam> rows{
      call.x.data(), call.residual.data(), call.weight.data(), call.bias.data(), kEpsilon, to.data()};
  emulate_rows<TypeParam>(call.shape, [&]<int width>(auto& team) {
    focus::ops::cuda::norm_rows_block<TypeParam, width>(team, call.shape, nullptr, rows);
  });
  EXPECT_TRUE(focus::test::within_budget(sizeof(TypeParam) == 4 ? "rows.float32" : "rows.sixteen_bits",
                                         relative_error(as_double(to), expected)));
}

}  // namespace
