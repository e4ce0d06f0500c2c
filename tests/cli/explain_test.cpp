#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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

class ExplainCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(model_);
    write_tiny_dataset(data_);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome explain(const std::string& arguments) const {
    return run("explain --model " + model_.string() + " " + arguments);
  }

  TemporaryFolder folder_;
  fs::path model_ = folder_.path() / "tiny.safetensors", data_ = folder_.path() / "data";
};

TEST_F(ExplainCommand, WritesAPanelAnAnimationAndNumbersOfEachImage) {
  write_tiny_image(path("0.png"), 3);  // Of the same name as one of the data set's.
  const auto outcome = explain(path("0.png") + " " + (data_ / "images/train/0.png").string() + " --out " +
                               path("out") + " --keep 0.3");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("0.png: 10 detections, "), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("  layer 1: "), std::string::npos) << outcome.output;
  for (const char* name : {"0", "0-1"}) {
    for (const char* extension : {".png", ".webp", ".json"}) {
      EXPECT_TRUE(fs::exists(path(std::string("out/") + name + extension))) << name << extension;
    }
  }
  const auto json = nlohmann::json::parse(read_file(path("out/0.json"), 1 << 24));
  EXPECT_EQ(json["file"], path("0.png"));
  EXPECT_EQ(json["width"], 64);
  EXPECT_NEAR(json["layers"][0]["share_of_tokens"].get<double>(), 0.3, 0.02);
}

TEST_F(ExplainCommand, TellsHowMuchOfTheWorkLiesInsideTheTruth) {
  const auto outcome = explain("--data " + data_.string() + " --split train");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find(" % of all tokens lie inside boxes\nlayer 1: "), std::string::npos)
      << outcome.output;
}

TEST_F(ExplainCommand, OneBadFileDoesNotCostTheOthers) {
  fs::create_directories(path("mixed"));
  write_tiny_image(path("mixed/a.png"), 1);
  write_text(path("mixed/b.png"), "no image");
  write_tiny_image(path("mixed/c.png"), 2);
  write_text(path("mixed/notes.txt"), "x");
  const auto outcome = explain(path("mixed") + " --out " + path("out"));
  EXPECT_EQ(outcome.code, 1);
  for (const char* word : {"a.png: 10 detections", "error: ", "b.png: not a JPEG", "c.png: 10 detections",
                           "error: 1 of 3 images could not be read", "1 file (1 .txt): 'notes.txt'"})
    EXPECT_NE(outcome.output.find(word), std::string::npos) << outcome.output << "\nlacks " << word;
  EXPECT_TRUE(fs::exists(path("out/c.json")));
}

TEST_F(ExplainCommand, RefusesWhatItCannotExplain) {
  expect_refused(explain("--out " + path("out")), 2, {"--data"});
  expect_refused(explain(path("a.png")), 2, {"--out"});
  expect_refused(explain(path("none.png") + " --out " + path("out")), 1, {"none.png"});
  write_text(path("text.png"), "no image");
  expect_refused(explain(path("text.png") + " --out " + path("out")), 1, {"text.png"});
  expect_wrong_usage(explain("x.png --detection 0"), {"--detection"});
}

}  // namespace
}  // namespace focus::test
