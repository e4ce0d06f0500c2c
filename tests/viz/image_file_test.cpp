#include "viz/image_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace {

TEST(PictureFile, FormatsThatAreOnlyReadAreWrittenAsOthers) {
  using focus::viz::name_to_write;
  EXPECT_EQ(name_to_write("a/b.JPG"), "a/b.JPG");
  EXPECT_EQ(name_to_write("b.webp"), "b.webp");
  EXPECT_EQ(name_to_write("IMG_1.HEIC"), "IMG_1.jpg");
  EXPECT_EQ(name_to_write("b.avif"), "b.jpg");
  EXPECT_EQ(name_to_write("scan.TIFF"), "scan.png");
  EXPECT_EQ(name_to_write("photo"), "photo.jpg");
}

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / fmt::format("focus_picture_file_test_{}", ::getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

template <typename Problem>
std::string message(const fs::path& path, const cv::Mat& picture) {
  try {
    focus::viz::write_picture(path, picture);
  } catch (const Problem& error) {
    return error.what();
  }
  return "";
}

TEST(PictureFile, WhatIsWrittenCanBeRead) {
  Folder folder;
  cv::Mat picture(20, 30, CV_8UC3, cv::Scalar(10, 120, 230));
  for (const std::string name : {"a.png", "a.PNG", "a.bmp"}) {
    focus::viz::write_picture(folder.path / name, picture);
    EXPECT_EQ(cv::norm(cv::imread((folder.path / name).string()), picture), 0) << name;
  }
  focus::viz::write_picture(folder.path / "a.jpg", picture);
  const cv::Mat read = cv::imread((folder.path / "a.jpg").string());
  ASSERT_EQ(read.size(), picture.size());
  EXPECT_LT(cv::norm(read, picture, cv::NORM_INF), 8);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), {}), 4) << "no temporary file stays";
}

TEST(PictureFile, ProblemsAreNamed) {
  Folder folder;
  const cv::Mat picture(20, 30, CV_8UC3, cv::Scalar::all(0));
  EXPECT_NE(message<focus::UsageError>(folder.path / "a.docx", picture).find("'.docx'"), std::string::npos);
  EXPECT_NE(message<focus::UsageError>(folder.path / "plain", picture).find(".png"), std::string::npos);
  EXPECT_NE(message<focus::Error>(folder.path / "no/such/a.png", picture).find("no/such"), std::string::npos);
  EXPECT_NE(message<focus::Error>(folder.path / "a.png", cv::Mat()).find("no picture"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder.path));
}

}  // namespace
