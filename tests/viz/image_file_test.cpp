#include "viz/image_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace {

TEST(ImageFile, FormatsThatAreOnlyReadAreWrittenAsOthers) {
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
  fs::path path = fs::temp_directory_path() / fmt::format("focus_image_file_test_{}", ::getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

template <typename Problem>
std::string message(const fs::path& path, const cv::Mat& image) {
  try {
    focus::viz::write_image(path, image);
  } catch (const Problem& error) {
    return error.what();
  }
  return "";
}

TEST(ImageFile, WhatIsWrittenCanBeRead) {
  Folder folder;
  cv::Mat image(20, 30, CV_8UC3, cv::Scalar(10, 120, 230));
  for (const std::string name : {"a.png", "a.PNG", "a.bmp"}) {
    focus::viz::write_image(folder.path / name, image);
    EXPECT_EQ(cv::norm(cv::imread((folder.path / name).string()), image), 0) << name;
  }
  focus::viz::write_image(folder.path / "a.jpg", image);
  const cv::Mat read = cv::imread((folder.path / "a.jpg").string());
  ASSERT_EQ(read.size(), image.size());
  EXPECT_LT(cv::norm(read, image, cv::NORM_INF), 8);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), {}), 4) << "no temporary file stays";
}

TEST(ImageFile, ProblemsAreNamed) {
  Folder folder;
  const cv::Mat image(20, 30, CV_8UC3, cv::Scalar::all(0));
  EXPECT_NE(message<focus::UsageError>(folder.path / "a.docx", image).find("'.docx'"), std::string::npos);
  EXPECT_NE(message<focus::UsageError>(folder.path / "plain", image).find(".png"), std::string::npos);
  EXPECT_NE(message<focus::Error>(folder.path / "no/such/a.png", image).find("no/such"), std::string::npos);
  EXPECT_NE(message<focus::Error>(folder.path / "a.png", cv::Mat()).find("no image"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder.path));
}

}  // namespace
