#include "base/new_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

TEST(NewFolder, AppearsWhenItIsFinished) {
  const TemporaryFolder temporary;
  const fs::path target = temporary.path() / "deep/er/target";
  NewFolder folder(target);
  write_file(folder.path() / "file", [](std::ostream& out) { out << "text"; });
  EXPECT_FALSE(fs::exists(target));
  folder.finish();
  EXPECT_EQ(read_file(target / "file", 10), "text");
  EXPECT_FALSE(fs::exists(folder.path()));
}

TEST(NewFolder, LeavesNothingIfItIsNot) {
  const TemporaryFolder temporary;
  { const NewFolder folder(temporary.path() / "target/"); }
  EXPECT_TRUE(fs::is_empty(temporary.path()));
}

TEST(NewFolder, WhatExistsStays) {
  const TemporaryFolder temporary;
  std::ofstream(temporary.path() / "file") << "kept";
  EXPECT_THROW(NewFolder(temporary.path()), UsageError);
  EXPECT_THROW(NewFolder(temporary.path() / "file"), UsageError);
  fs::create_directory(temporary.path() / "empty");
  NewFolder folder(temporary.path() / "empty");
  folder.finish();
  EXPECT_TRUE(fs::is_directory(temporary.path() / "empty"));
}

TEST(WriteFile, SaysWhyItCannot) {
  const TemporaryFolder temporary;
  const auto nothing = [](std::ostream&) {};
  EXPECT_THROW(write_file(temporary.path() / "absent/file", nothing), Error);
  EXPECT_THROW(write_file(temporary.path(), nothing), Error);
}

}  // namespace
}  // namespace focus::test
