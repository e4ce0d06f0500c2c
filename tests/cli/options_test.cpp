#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "cli/run_command.h"

namespace focus::test {
namespace {

TEST(OptionsCommand, TellsDefaultsAndWhatIsAccepted) {
  const auto outcome = run("options");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.output.find(
                "\ntrain.epochs = 12\n    Passes over the training set. (an integer, at least 1)\n"),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("(one of frozen, live)"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("\nstart.model = \"\"\n"), std::string::npos) << outcome.output;
}

TEST(OptionsCommand, ThePageInDocsIsUpToDate) {
  const std::string path = FOCUS_DETR_SOURCE_DIR "/docs/options.md";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing; run `make docs`";
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const auto outcome = run("options --markdown");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(page, outcome.output) << "run `make docs`";
}

}  // namespace
}  // namespace focus::test
