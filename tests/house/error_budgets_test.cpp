// The table of error budgets has a row for each name that tests ask for, and none that no test reads.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "support/error_budget.h"
#include "support/source_files.h"

namespace focus::test {
namespace {

std::set<std::string> names_in_table() {
  std::set<std::string> names;
  for (const auto& file : source_files("docs", {".md"})) {
    if (file.path != "docs/error-budgets.md") continue;
    for (const auto& line : lines_of(file.text)) {
      if (line.rfind("| `", 0) == 0) names.insert(line.substr(3, line.find('`', 3) - 3));
    }
  }
  return names;
}

TEST(ErrorBudgets, AreAllReadByTests) {
  const auto names = names_in_table();
  ASSERT_GT(names.size(), 10u);
  const auto tests = source_files("tests", {".cpp", ".h"});
  for (const auto& name : names) {
    EXPECT_GT(error_budget(name), 0) << name;
    bool read = false;
    for (const auto& file : tests) read = read || file.text.find('"' + name + '"') != std::string::npos;
    EXPECT_TRUE(read) << "no test reads " << name;
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
