#include "base/paths.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using namespace focus;

struct Folder {
  test::TemporaryFolder temporary;
  fs::path root = temporary.path();
  fs::path loop = root / "loop", dangling = root / "sub/dangling";
  fs::path too_long = root / std::string(300, 'x');

  Folder() {
    fs::create_directories(root / "sub/deep");
    for (const char* file : {"b.txt", "a.txt", "sub/c.txt", "sub/deep/d.txt"})
      std::ofstream(root / file) << file;
    fs::create_symlink(loop, loop);
    fs::create_symlink(root / "nowhere", dangling);
    fs::create_directory_symlink(root, root / "sub/up");
  }
};

TEST(Paths, WhatCannotBeLookedAtIsNotThere) {
  const Folder f;
  for (const auto& path : {f.loop, f.dangling, f.too_long, f.root / "none", f.root / "a.txt/b", fs::path()}) {
    EXPECT_FALSE(is_file(path)) << path;
    EXPECT_FALSE(is_folder(path)) << path;
    EXPECT_FALSE(is_there(path)) << path;
  }
  EXPECT_TRUE(is_file(f.root / "a.txt"));
  EXPECT_FALSE(is_folder(f.root / "a.txt"));
  EXPECT_TRUE(is_folder(f.root / "sub/up"));
  EXPECT_EQ(why_not_there(f.root / "none", "no such image"), "no such image");
  EXPECT_EQ(why_not_there(f.root / "a.txt/b", "no such image"), "no such image");
  EXPECT_EQ(why_not_there(f.dangling, "no such image"), "no such image: the link leads nowhere");
  EXPECT_EQ(why_not_there(f.dangling, ""), "a link that leads nowhere");
  EXPECT_EQ(why_not_there(f.too_long, "no such image"), "cannot be accessed: File name too long");
  EXPECT_EQ(why_not_there(f.loop, "no such image"), "cannot be accessed: Too many levels of symbolic links");
}

TEST(Paths, ListsAreSortedAndDoNotFollowLinks) {
  const Folder f;
  EXPECT_EQ(entries_of(f.root),
            (std::vector<fs::path>{f.root / "a.txt", f.root / "b.txt", f.loop, f.root / "sub"}));
  EXPECT_EQ(files_below(f.root),
            (std::vector<fs::path>{f.root / "a.txt", f.root / "b.txt", f.loop, f.root / "sub/c.txt",
                                   f.dangling, f.root / "sub/deep/d.txt"}));
  EXPECT_TRUE(entries_if_any(f.root / "none").empty());
  EXPECT_THROW(entries_of(f.root / "none"), Error);
  EXPECT_THROW(files_below(f.too_long), Error);
}

TEST(Paths, ADeadLinkOnTheWayIsNamed) {
  const Folder f;
  const auto link = f.root / "labels";
  fs::create_directory_symlink(f.root / "unplugged", link);
  EXPECT_EQ(why_not_there(link / "train/a.txt", ""), "the link " + link.string() + " leads nowhere");
  EXPECT_EQ(why_not_there(link / "a.txt", "no such file"),
            "no such file: the link " + link.string() + " leads nowhere");
  EXPECT_EQ(why_not_there(f.root / "none/a.txt", ""), "") << "simply not there";
}

TEST(Paths, FoldersThatMayNotBeReadAreNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every folder";
  const Folder f;
  fs::permissions(f.root / "sub/deep", fs::perms::none);
  try {
    files_below(f.root);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              (f.root / "sub/deep").string() + ": this folder cannot be read: Permission denied");
  }
  EXPECT_EQ(why_not_there(f.root / "sub/deep/d.txt", "absent"), "cannot be accessed: Permission denied");
  fs::permissions(f.root / "sub/deep", fs::perms::all);
}

}  // namespace
