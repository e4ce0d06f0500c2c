// Small data sets in other people's formats, file by file.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/dataset_layout.h"
#include "images/test_images.h"

namespace focus::test {

/// Writes a file and the folders it lies in.
inline void put(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// The issues of a split as lines "ENTRY: TEXT", with what was still read.
struct ReadSplit {
  data::DatasetSplit split;
  std::vector<data::Issue> issues;
};

inline ReadSplit read_all(const std::filesystem::path& dataset, const std::string& split) {
  ReadSplit read;
  read.split = data::read_split(dataset, split, [&](const data::Issue& i) { read.issues.push_back(i); });
  return read;
}

/// Checks for exactly one issue, of the given kind, at an entry that ends with `entry`, which says all
/// `words`.
inline void expect_issue(const std::vector<data::Issue>& issues, data::IssueKind kind,
                         const std::string& entry, std::initializer_list<std::string> words) {
  ASSERT_EQ(issues.size(), 1u) << (issues.size() > 1 ? issues[1].entry + ": " + issues[1].text : "");
  EXPECT_EQ(issues[0].kind, kind) << data::describe(issues[0].kind) << ": " << issues[0].text;
  EXPECT_TRUE(issues[0].entry.ends_with(entry)) << issues[0].entry;
  for (const auto& word : words)
    EXPECT_NE(issues[0].text.find(word), std::string::npos) << issues[0].text << "\nlacks " << word;
  EXPECT_EQ(issues[0].text.find('\n'), std::string::npos) << issues[0].text;
  EXPECT_LT(issues[0].text.size(), 500u);
}

/// The message of the Error that `work` throws; empty if it throws none.
template <typename Work>
std::string error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline void expect_said(const std::string& error, std::initializer_list<std::string> words) {
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  for (const auto& word : words)
    EXPECT_NE(error.find(word), std::string::npos) << error << "\nlacks " << word;
}

inline void expect_box(const data::Annotation& box, double x, double y, double width, double height,
                       double tolerance = 1e-9) {
  EXPECT_NEAR(box.x, x, tolerance);
  EXPECT_NEAR(box.y, y, tolerance);
  EXPECT_NEAR(box.width, width, tolerance);
  EXPECT_NEAR(box.height, height, tolerance);
}

}  // namespace focus::test
