#include <gtest/gtest.h>

#include "cli/refused.h"
#include "cli/run_command.h"

namespace focus::test {
namespace {

TEST(Command, HelpNamesAllVerbs) {
  const auto outcome = run("--help");
  EXPECT_EQ(outcome.code, 0);
  for (const char* verb :
       {"train", "eval", "detect", "benchmark", "convert", "model", "trace", "dataset", "options"}) {
    EXPECT_NE(outcome.output.find(std::string("\n  ") + verb + " "), std::string::npos) << verb << "\n"
                                                                                        << outcome.output;
  }
}

TEST(Command, WithoutAVerbIsWrongUsage) { expect_wrong_usage(run(""), {"--help"}); }

}  // namespace
}  // namespace focus::test
