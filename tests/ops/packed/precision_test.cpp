#include "ops/packed/precision.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"

namespace {

using namespace focus::ops;

TEST(Precision, HasANameEach) {
  for (const auto& name : precision_names()) EXPECT_EQ(name_of(parse_precision(name)), name);
  try {
    parse_precision("fp8");
    FAIL() << "a precision nobody has";
  } catch (const focus::UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("fp32, bf16, int8"), std::string::npos);
  }
}

TEST(Precision, RefusedWhereTheCpuLacksItSayingWhatItHas) {
  require(Precision::kFloat32);
  require(Precision::kInt8);
  if (cpu_has_bfloat16()) GTEST_SKIP() << "this CPU has bfloat16";
  ::unsetenv("FOCUS_DETR_BF16");
  try {
    require(Precision::kBFloat16);
    FAIL() << "bf16 was not refused";
  } catch (const focus::UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("AVX"), std::string::npos) << error.what();
  }
  ::setenv("FOCUS_DETR_BF16", "emulate", 1);
  EXPECT_NO_THROW(require(Precision::kBFloat16));
  EXPECT_TRUE(emulates_bfloat16());
  ::setenv("FOCUS_DETR_BF16", "yes", 1);
  EXPECT_THROW(require(Precision::kBFloat16), focus::UsageError);
  ::unsetenv("FOCUS_DETR_BF16");
}

}  // namespace
