// What a refusal must look like, and that it leaves nothing behind.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <set>
#include <string>

#include "cli/run_command.h"

namespace focus::test {

/// Checks for the exit code and for exactly one line, which begins with "error: " and holds all `words`.
inline void expect_refused(const Outcome& outcome, int code, std::initializer_list<std::string> words) {
  const std::string shown = outcome.output.substr(0, 2000);
  EXPECT_EQ(outcome.code, code) << shown;
  EXPECT_EQ(outcome.output.rfind("error: ", 0), 0u) << shown;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << shown;
  EXPECT_LT(outcome.output.size(), 1000u) << "a person reads this";
  for (const auto& word : words)
    EXPECT_NE(outcome.output.find(word), std::string::npos) << word << "\n" << shown;
}

/// Checks for exit code 2 and a message that holds all `words`. For arguments the command line's parser
/// refuses: it adds a line about --help.
inline void expect_wrong_usage(const Outcome& outcome, std::initializer_list<std::string> words) {
  EXPECT_EQ(outcome.code, 2) << outcome.output;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  for (const auto& word : words)
    EXPECT_NE(outcome.output.find(word), std::string::npos) << word << "\n" << outcome.output;
}

/// All files and folders below `folder`, relative to it.
inline std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  if (!std::filesystem::exists(folder)) return names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    names.insert(std::filesystem::relative(entry.path(), folder).string());
  }
  return names;
}

}  // namespace focus::test
