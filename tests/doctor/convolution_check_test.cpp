#include "doctor/convolution_check.h"

#include <gtest/gtest.h>

#include "nn/autocast.h"
#include "ops/packed/packed_convolution.h"

namespace focus::doctor {
namespace {

TEST(ConvolutionCheck, FindsRoundingAloneHoweverTheConvolutionIsRun) {
  const auto errors = convolution_errors();
  // A thousand sums of float32, and the eight binary digits of bfloat16.
  constexpr double kSingle = 1e-5, kMixed = 0.02;
  EXPECT_GT(errors.trained, 0);
  EXPECT_LT(errors.trained, kSingle) << errors.worst_trained;
  EXPECT_GT(errors.reference, 0);
  EXPECT_LT(errors.reference, kSingle) << errors.worst_reference;
  EXPECT_EQ(errors.prepared > 0, ops::can_pack());
  EXPECT_LT(errors.prepared, kSingle) << errors.worst_prepared;
  EXPECT_EQ(errors.mixed > 0, nn::bfloat16_obstacle().empty());
  EXPECT_LT(errors.mixed, kMixed) << errors.worst_mixed;
}

}  // namespace
}  // namespace focus::doctor
