#include "ops/cpu/isa.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace {

using focus::ops::Isa;

TEST(Isa, NamesSelectWhatTheCpuHas) {
  for (const Isa isa : focus::ops::supported_isas()) {
    EXPECT_EQ(focus::ops::select_isa(focus::ops::name_of(isa)), isa);
  }
  EXPECT_EQ(focus::ops::select_isa(""), focus::ops::supported_isas().back());
  EXPECT_EQ(focus::ops::supported_isas().front(), Isa::kScalar);
}

TEST(Isa, ABadNameIsAnErrorThatNamesTheChoices) {
  try {
    focus::ops::select_isa("avx1024");
    FAIL() << "an unknown name was taken";
  } catch (const focus::UsageError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("FOCUS_DETR_ISA: 'avx1024'"), std::string::npos) << message;
    for (const Isa isa : focus::ops::supported_isas()) {
      EXPECT_NE(message.find(focus::ops::name_of(isa)), std::string::npos) << message;
    }
  }
}

}  // namespace
