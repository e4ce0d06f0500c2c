#include "images/image_paths.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using focus::images::image_paths;

struct Folder {
  focus::test::TemporaryFolder temporary;
  const fs::path path = temporary.path() / "photos";

  Folder() { fs::create_directories(path); }
  void put(std::initializer_list<const char*> names) const {
    for (const char* name : names) std::ofstream(path / name) << "x";
  }
  std::vector<std::string> left_out() const {
    std::vector<std::string> lines;
    image_paths({path.string()}, &lines);
    return lines;
  }
};

TEST(ImagePaths, WhatAFolderHasBesidesIsCounted) {
  const Folder folder;
  folder.put({"a.jpg", "b.PNG", ".hidden", "Thumbs.db", ".DS_Store"});
  EXPECT_TRUE(folder.left_out().empty()) << "what systems write is not spoken of";
  folder.put({"a.txt", "b.txt", "clip.GIF", "raw.cr2", "README"});
  fs::create_directories(folder.path / "more");
  fs::create_directories(folder.path / "folder.jpg");
  const auto lines = folder.left_out();
  ASSERT_EQ(lines.size(), 1u);
  for (const char* word :
       {"photos: not among the images: 5 files (2 .txt, 1 .cr2, 1 .gif, 1 without an ending)", "'README'",
        "'a.txt'", "and 2 more", "2 subfolders, not searched", "animations must be named themselves"}) {
    EXPECT_NE(lines[0].find(word), std::string::npos) << lines[0] << "\nlacks " << word;
  }
  EXPECT_EQ(image_paths({folder.path.string()}).size(), 2u);
}

TEST(ImagePaths, AFolderWithoutImagesSaysWhatItHas) {
  const Folder folder;
  folder.put({"a.gif", "b.gif"});
  fs::create_directories(folder.path / "train");
  try {
    image_paths({folder.path.string()});
    FAIL() << "there is none";
  } catch (const focus::Error& error) {
    for (const char* word : {"no images", "2 files (2 .gif)", "1 subfolder, not searched"})
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

}  // namespace
