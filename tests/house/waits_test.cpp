// Tests wait for conditions (support/wait_until.h): a sleep is too short on a busy machine and too long on every other.
#include <gtest/gtest.h>

#include <regex>

#include "support/source_files.h"

namespace focus::test {
namespace {

constexpr const char* kReason = "Time itself";  ///< Begins the comment above a sleep that a test is about.

/// Numbers of the lines that sleep for a time without saying why.
std::vector<size_t> sleeps(const std::string& text) {
  static const std::regex pattern(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b|\bsleep [0-9])");
  const auto lines = lines_of(text);
  std::vector<size_t> found;
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool is_said = i > 0 && lines[i - 1].find(kReason) != std::string::npos;
    if (!is_said && std::regex_search(lines[i], pattern)) found.push_back(i + 1);
  }
  return found;
}

TEST(Waits, AreForConditions) {
  for (const auto& file : source_files("tests", {".h", ".cpp"})) {
    if (file.path == "tests/support/wait_until.h" || file.path == "tests/house/waits_test.cpp") continue;
    for (const size_t line : sleeps(file.text)) {
      ADD_FAILURE() << file.path << ":" << line
                    << ": wait_until something is so; where time is what is tested, the line "
                    << "above says \"" << kReason << ": why\"";
    }
  }
}

TEST(Waits, AreFound) {
  EXPECT_EQ(sleeps("a;\nstd::this_thread::sleep_for(1s);\n"), (std::vector<size_t>{2}));
  EXPECT_EQ(sleeps("run(\"sleep 0.1; kill $id\");\nusleep(5);"), (std::vector<size_t>{1, 2}));
  EXPECT_TRUE(sleeps("// Time itself: it drips.\nstd::this_thread::sleep_for(1s);\n").empty());
  EXPECT_TRUE(sleeps("ProfileScope scope(\"sleep\");").empty());
}

}  // namespace
}  // namespace focus::test
