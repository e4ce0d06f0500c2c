#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_image.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class DetectCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(model_);
    fs::create_directories(images_);
    write_tiny_image(images_ / "a.png", 1);
    write_tiny_image(images_ / "b.jpg", 2);
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome detect(const std::string& arguments) const {
    return run("detect --model " + model_.string() + " " + arguments);
  }
  nlohmann::json json() const { return nlohmann::json::parse(read_file(path("found.json"), 1 << 20)); }
  void cut(const fs::path& file, double share) const {
    fs::resize_file(file, static_cast<uintmax_t>(share * static_cast<double>(fs::file_size(file))));
  }

  TemporaryFolder folder_;
  fs::path images_ = folder_.path() / "images";
  fs::path model_ = folder_.path() / "tiny.safetensors";
};

TEST_F(DetectCommand, AModelThatGivesNoNumbersFindsNotNothing) {
  write_overflowing_model(model_);
  expect_refused(detect(images_.string() + " --out " + path("drawn") + " --json " + path("found.json")), 1,
                 {"a.png: the model gives ", " that are not finite", "earlier checkpoint"});
  EXPECT_FALSE(fs::exists(path("found.json")));
  expect_refused(detect((images_ / "a.png").string() + " --tiles 2"), 1, {"that are not finite"});
}

TEST_F(DetectCommand, PrintsDrawsAndWritesJson) {
  const auto outcome = detect(images_.string() + " --out " + path("drawn") + " --json " + path("found.json"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("a.png: 10 objects\n"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find(" 0.881  x "), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("dog"), std::string::npos) << "its score is below the threshold";

  const auto found = json();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]["file"], (images_ / "a.png").string());
  EXPECT_EQ(found[1]["file"], (images_ / "b.jpg").string());
  for (const auto& image : found) {
    EXPECT_EQ(image["width"], 64);
    EXPECT_EQ(image["height"], 48);
    ASSERT_EQ(image["detections"].size(), static_cast<size_t>(kTinyQueries));
    for (const auto& detection : image["detections"]) {
      EXPECT_EQ(detection["category_id"], kCat);
      EXPECT_EQ(detection["category"], "cat");
      EXPECT_NEAR(detection["score"].get<double>(), kTinyScore, 1e-5);
      const auto box = detection["bbox"].get<std::vector<double>>();
      ASSERT_EQ(box.size(), 4u);
      EXPECT_GE(box[0], 0);
      EXPECT_GE(box[1], 0);
      EXPECT_GT(box[2], 0);
      EXPECT_GT(box[3], 0);
      EXPECT_LE(box[0] + box[2], 64 + 1e-4);
      EXPECT_LE(box[1] + box[3], 48 + 1e-4);
    }
  }
  EXPECT_EQ(names_in(path("drawn")), (std::set<std::string>{"a.png", "b.jpg"}));
  const cv::Mat drawn = cv::imread(path("drawn/a.png")), original = cv::imread((images_ / "a.png").string());
  ASSERT_EQ(drawn.size(), original.size());
  EXPECT_GT(cv::norm(drawn, original, cv::NORM_L1), 0) << "nothing was drawn";
}

TEST_F(DetectCommand, ThresholdAndLimitDecideHowMany) {
  const auto none = detect((images_ / "a.png").string() + " --threshold 0.9");
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.output, (images_ / "a.png").string() + ": 0 objects\n");
  const auto few = detect((images_ / "a.png").string() + " --threshold 0 --max-detections 1");
  EXPECT_EQ(few.code, 0);
  EXPECT_NE(few.output.find("a.png: 1 object\n"), std::string::npos) << few.output;
}

TEST_F(DetectCommand, LooksAtPartsToo) {
  const std::string image = (images_ / "a.png").string();
  const auto parts = detect(image + " --tiles 3 --json " + path("found.json"));
  ASSERT_EQ(parts.code, 0) << parts.output;
  const auto found = json()[0]["detections"];
  ASSERT_FALSE(found.empty());
  for (const auto& detection : found) {
    const auto box = detection["bbox"].get<std::vector<double>>();
    EXPECT_LE(box[0] + box[2], 64 + 1e-4);
    EXPECT_LE(box[1] + box[3], 48 + 1e-4);
  }
  EXPECT_EQ(detect(image + " --tiles 0").code, 2);
}

TEST_F(DetectCommand, OneBadImageDoesNotCostTheOthers) {
  fs::copy_file(images_ / "b.jpg", images_ / "cut.jpg");
  cut(images_ / "cut.jpg", 0.5);
  write_text(images_ / "empty.png", "");
  write_text(images_ / "words.png", "not an image");
  const auto outcome = detect(images_.string() + " --out " + path("drawn") + " --json " + path("found.json"));
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  for (const auto& line :
       {"cut.jpg: the JPEG image is truncated after ", "empty.png: the image is empty (0 bytes)",
        "words.png: not a JPEG, PNG, WebP, BMP, TIFF, HEIC or AVIF image", "a.png: 10 objects",
        "b.jpg: 10 objects", "error: 3 of 5 images could not be read\n"}) {
    EXPECT_NE(outcome.output.find(line), std::string::npos) << line << "\n" << outcome.output;
  }
  EXPECT_EQ(json().size(), 2u);
  EXPECT_EQ(names_in(path("drawn")), (std::set<std::string>{"a.png", "b.jpg"}));
}

TEST_F(DetectCommand, ImagesOfOneNameDoNotOverwriteEachOther) {
  for (const char* name : {"x", "y", "z"}) fs::create_directories(path(name));
  write_tiny_image(path("x/a.png"), 1);
  write_tiny_image(path("y/a.png"), 2);
  write_tiny_image(path("z/a-1.png"), 3);  // The name the second one gets.
  const auto outcome =
      detect(path("x/a.png") + " " + path("y/a.png") + " " + path("z/a-1.png") + " --out " + path("drawn"));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const auto drawn = names_in(path("drawn"));
  EXPECT_EQ(drawn.size(), 3u);
  EXPECT_TRUE(drawn.contains("a.png"));
}

TEST_F(DetectCommand, RefusesWhatLeadsToNoImage) {
  fs::create_directories(path("empty"));
  const auto before = names_in(folder_.path());
  const std::string more = " --out " + path("drawn") + " --json " + path("found.json");
  expect_refused(detect(path("none.png") + more), 1, {"none.png: no such file or folder"});
  expect_refused(detect(path("empty") + more), 1,
                 {"empty: no images (jpg, png, webp, bmp, tif, heic, avif) in this folder"});
  expect_refused(detect("'" + path("empty/*.png") + "'" + more), 1,
                 {"empty/*.png: nothing matches this pattern"});
  EXPECT_EQ(names_in(folder_.path()), before);
}

TEST_F(DetectCommand, RefusesWrongUsage) {
  const std::string image = (images_ / "a.png").string();
  expect_wrong_usage(run("detect " + image), {"--model is required"});
  expect_wrong_usage(detect(image + " --threshold 2"), {"--threshold", "2"});
  expect_refused(detect(image + " --device gpu"), 2, {"device 'gpu' is not known; it takes auto, cpu, cuda"});
  expect_refused(detect(image + " --device cuda:9999"), 2, {"device 'cuda:9999'"});
  EXPECT_EQ(detect(image + " --device cpu").code, 0);
  write_text(path("file"), "");
  const auto refused = detect(image + " --out " + path("file/drawn"));
  expect_refused(refused, 1, {"file/drawn: cannot create this folder: Not a directory"});
  expect_refused(detect(image + " --out " + path("file")), 1, {"file: cannot create this folder"});
}

TEST_F(DetectCommand, KeepsFewerTokensWhenTold) {
  const auto image = (images_ / "a.png").string();
  const auto outcome = detect(image + " --keep 0.2");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("10 objects"), std::string::npos) << outcome.output;
  expect_wrong_usage(detect(image + " --keep 0"), {"--keep"});
}

TEST_F(DetectCommand, NeedsOneKindOfInput) {
  EXPECT_EQ(detect("some.avi " + images_.string()).code, 2) << "not both at a time";
  EXPECT_EQ(detect("").code, 2);
  const auto camera = detect("--camera 63");
  EXPECT_EQ(camera.code, 1);
  EXPECT_NE(camera.output.find("camera 63: cannot be opened"), std::string::npos) << camera.output;
}

TEST_F(DetectCommand, SaysWhatOfAFolderIsNoImage) {
  write_text(images_ / "a.txt", "0 0.5 0.5 1 1");
  write_text(images_ / "clip.mp4", "x");
  const auto outcome = detect(images_.string());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("note: " + images_.string() +
                                ": not among the images: 2 files (1 .mp4, 1 .txt): 'a.txt', 'clip.mp4'"),
            std::string::npos)
      << outcome.output;
}

TEST_F(DetectCommand, OddFilesAreCalledWhatTheyAre) {
  using namespace std::string_literals;
  const std::pair<std::string, std::string> odd[] = {
      {"PK\3\4zip", "a ZIP archive"}, {"GIF89a..", "a GIF image"}, {"hello", "not a JPEG"}, {"", "0 bytes"}};
  for (const auto& [content, word] : odd) {
    write_text(path("odd.jpg"), content);
    const auto outcome = detect(path("odd.jpg") + " " + (images_ / "a.png").string());
    EXPECT_EQ(outcome.code, 1);
    EXPECT_NE(outcome.output.find("odd.jpg: "), std::string::npos) << outcome.output;
    EXPECT_NE(outcome.output.find(word), std::string::npos) << outcome.output;
    EXPECT_NE(outcome.output.find("a.png: 10 objects"), std::string::npos) << outcome.output;
  }
  expect_refused(detect(path("x.gif") + " " + path("y.png")), 2, {"x.gif'", "y.png'", "one kind at a time"});
}

}  // namespace
}  // namespace focus::test
