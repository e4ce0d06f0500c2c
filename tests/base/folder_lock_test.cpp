#include "base/folder_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "support/temporary_folder.h"
#include "support/wait_until.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

std::string refusal(const fs::path& folder) {
  try {
    const FolderLock lock(folder);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(FolderLock, OneAtATimeAndItSaysWho) {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder.path());
    const auto said = refusal(folder.path());
    EXPECT_NE(
        said.find(folder.path().string() + ": is in use by process " + std::to_string(getpid()) + " on "),
        std::string::npos)
        << said;
    EXPECT_NE(said.find(" since 2"), std::string::npos) << said;
    fs::create_symlink(folder.path(), folder.path() / "same");
    EXPECT_NE(refusal(folder.path() / "same"), "") << "under another name it is the same folder";
    fs::remove(folder.path() / "same");
  }
  EXPECT_TRUE(fs::is_empty(folder.path())) << "nothing is left";
  EXPECT_EQ(refusal(folder.path()), "");
  EXPECT_NE(refusal(folder.path() / "none").find("in-use.lock: cannot be created"), std::string::npos);
}

TEST(FolderLock, OfAKilledProcessIsInNobodysWay) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    std::ofstream(folder.path() / "locked") << "yes";
    for (;;) pause();
  }
  ASSERT_TRUE(wait_until([&] { return fs::exists(folder.path() / "locked"); }));
  const auto said = refusal(folder.path());
  EXPECT_NE(said.find("process " + std::to_string(child) + " on"), std::string::npos) << said;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(fs::exists(folder.path() / FolderLock::kFileName)) << "its file is still there";
  const FolderLock lock(folder.path());
  const auto holder = read_file(folder.path() / FolderLock::kFileName, 1000);
  EXPECT_EQ(holder.rfind("process " + std::to_string(getpid()) + " on ", 0), 0U) << holder;
  EXPECT_EQ(std::count(holder.begin(), holder.end(), '\n'), 1) << holder;
}

TEST(FolderLock, AForeignFileUnderThatNameIsNoLock) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / FolderLock::kFileName) << std::string(5000, 'x') << "\x1b[2J";
  const FolderLock lock(folder.path());
  EXPECT_LT(read_file(folder.path() / FolderLock::kFileName, 10000).size(), 400U);
  EXPECT_NE(refusal(folder.path()), "");
}

}  // namespace
}  // namespace focus::test
