// Images of every format, as the command reads them.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/run_command.h"
#include "cli/tiny_image.h"
#include "cli/tiny_model.h"
#include "images/image_bytes.h"
#include "support/temporary_folder.h"
#include "viz/animation.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class ImageFormats : public testing::Test {
 protected:
  void SetUp() override { write_tiny_model(folder_.path() / "tiny.safetensors"); }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  Outcome detect(const std::string& names) const {
    return run("detect --model " + path("tiny.safetensors").string() + " --json " +
               path("found.json").string() + " --out " + path("drawn").string() + " " + names);
  }
  void expect_upright(const std::string& name) const {
    const auto outcome = detect(path(name).string());
    ASSERT_EQ(outcome.code, 0) << outcome.output;
    const auto found = nlohmann::json::parse(read_file(path("found.json").string(), 1 << 20));
    EXPECT_EQ(found[0]["width"], 48) << name;
    EXPECT_EQ(found[0]["height"], 64) << name;
  }
  cv::Mat animation_frame(int grey) const { return {48, 64, CV_8UC3, cv::Scalar::all(grey)}; }

  TemporaryFolder folder_;
  Bytes image(const char* ending) const {
    const std::string bytes = encoded(images::noise_image({48, 64}, 1), ending);
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(ImageFormats, AreAllTurnedUpright) {
  write("a.jpg", jpeg_with_exif(image(".jpg"), exif_data(6)));
  write("a.png", png_with_chunk(image(".png"), png_chunk("eXIf", exif_data(6))));
  write("a.webp", webp_with_exif(image(".webp"), 48, 64, exif_data(6)));
  for (const char* name : {"a.jpg", "a.png", "a.webp"}) expect_upright(name);
}

TEST_F(ImageFormats, TiffIsReadOrCalledByItsName) {
  TiffLayout layout;
  layout.height = 48;
  layout.width = 64;
  layout.orientation = 6;
  write("a.tif", tiff_file({tiff_page(layout, Bytes(48 * 64 * 3, 90))}, false));
  const auto outcome = detect(path("a.tif").string());
  if (outcome.code == 0) {
    expect_upright("a.tif");
    EXPECT_TRUE(fs::exists(path("drawn") / "a.png")) << "drawn in a format that is written";
  } else {
    EXPECT_NE(outcome.output.find("built without libtiff"), std::string::npos) << outcome.output;
  }
}

TEST_F(ImageFormats, AnAnimationIsCalledSo) {
  fs::create_directories(path("data/images"));
  fs::create_directories(path("data/labels"));
  const std::vector<cv::Mat> frames{animation_frame(20), animation_frame(220)};
  viz::write_animation(path("data/images/a.webp"), frames, 100);
  const auto outcome = detect(path("data/images/a.webp").string());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const char* said = "a.webp is an animated WebP of 2 frames, of which the first is read";
  EXPECT_NE(outcome.output.find(said), std::string::npos) << outcome.output;

  std::ofstream(path("data/data.yaml")) << "train: images\nval: images\nnames: [cat]\n";
  std::ofstream(path("data/labels/a.txt")) << "0 0.5 0.5 0.4 0.4\n";
  const auto checked = run("dataset check " + path("data").string());
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_NE(checked.output.find("warning: several images in a file"), std::string::npos) << checked.output;
  EXPECT_NE(checked.output.find(said), std::string::npos) << checked.output;
}

TEST_F(ImageFormats, WhatIsNotReadIsCalledByItsName) {
  Bytes gif;
  append(gif, "GIF89a");
  gif.resize(100);
  write("a.jpg", gif);
  const auto outcome = detect(path("a.jpg").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("a.jpg: a GIF image, which is not read; convert it to PNG, JPEG or WebP"),
            std::string::npos)
      << outcome.output;
}

}  // namespace
}  // namespace focus::test
