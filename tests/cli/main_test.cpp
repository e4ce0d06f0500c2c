#include <gtest/gtest.h>

#include "cli/refused.h"
#include "cli/run_command.h"

namespace focus::test {
namespace {

TEST(Command, HelpNamesAllVerbs) {
  const auto outcome = run("--help");
  EXPECT_EQ(outcome.code, 0);
  for (const char* subcommand :
       {"train", "eval", "detect", "benchmark", "convert", "model", "trace", "dataset", "options"}) {
    EXPECT_NE(outcome.output.find(std::string("\n  ") + subcommand + " "), std::string::npos)
        << subcommand << "\n"
        << outcome.output;
  }
}

TEST(Command, SaysItsVersion) {
  const auto outcome = run("--version");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.output.rfind("focus-detr ", 0), 0U) << outcome.output;
  EXPECT_EQ(run("doctor").output.rfind(outcome.output, 0), 0U) << "the doctor's, too";
}

TEST(Command, NumbersThatOthersReadOtherwiseAreRefused) {
  const std::string benchmark = "benchmark --config focus_detr_r50 ";
  expect_wrong_usage(run(benchmark + "--repeat 08"),
                     {"--repeat", "'08' is not an integer", "octal", "write 8"});
  expect_wrong_usage(run(benchmark + "--repeat 010"), {"--repeat", "'010' is not an integer", "write 10"});
  expect_wrong_usage(run(benchmark + "--repeat 0x10"), {"hexadecimal; write 16"});
  expect_wrong_usage(run(benchmark + "--repeat 1e2"), {"write it as an integer: 100"});
  expect_wrong_usage(run(benchmark + "--repeat=1_000"), {"write 1000"});
  expect_wrong_usage(run(benchmark + "--batch 1 --batch 02"), {"--batch", "write 2"});
  expect_wrong_usage(run(benchmark + "--max-seconds 1,5"),
                     {"--max-seconds", "'1,5' is not a number", "write 1.5"});
  expect_wrong_usage(run("train --nproc 02"), {"--nproc", "write 2"});
  expect_wrong_usage(run("dataset synth --out x --seed 007"), {"seed"});
  expect_refused(run("dataset synth --out /dev/null/x --train 007"), 2,
                 {"option 'train' is '007'", "write 7"});
}

TEST(Command, WithoutAVerbIsWrongUsage) { expect_wrong_usage(run(""), {"--help"}); }

}  // namespace
}  // namespace focus::test
