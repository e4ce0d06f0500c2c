// The table of error budgets has a row for each name that tests ask for, and none that no test reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "support/error_budget.h"
#include "support/source_files.h"

namespace focus::test {
namespace {

TEST(ErrorBudgets, AreAllReadByTests) {
  ASSERT_GT(error_budgets().size(), 10u);
  const auto tests = source_files("tests", {".cpp", ".h"});
  for (const auto& [name, budget] : error_budgets()) {
    const auto quoted = '"' + name + '"';
    EXPECT_TRUE(std::any_of(tests.begin(), tests.end(),
                            [&](const SourceFile& file) {
                              return file.path.rfind("tests/house/", 0) != 0 &&
                                     file.text.find(quoted) != std::string::npos;
                            }))
        << "no test reads " << name;
  }
}

TEST(ErrorBudgets, JudgeErrors) {
  EXPECT_TRUE(within_budget("model.pixels", 0.049));
  EXPECT_FALSE(within_budget("model.pixels", 0.05));
  EXPECT_FALSE(within_budget("model.pixels", std::nan("")));
  EXPECT_THROW(error_budget("model.pixel"), std::runtime_error);
}

}  // namespace
}  // namespace focus::test
