// Photographs that EXIF data turn, from training to evaluation: one reading of images throughout.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <span>
#include <sstream>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "images/decode.h"
#include "images/opencv/image_files.h"
#include "images/turned_file.h"
#include "io/safetensors/safetensors.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Two data sets with the same pixels: photographs to be turned, and their upright twins.
class TurnedImages : public testing::Test {
 protected:
  void SetUp() override { write_text(config_, kTinyTraining); }

  /// @param stated_upright whether the annotations have the sizes of the upright images
  void write_twins(int orientation, bool stated_upright = true) const {
    for (const std::string split : {"train", "val"}) {
      auto truth = tiny_annotations(split == "train" ? 4 : 2);
      for (auto& image : truth["images"]) {
        const int seed = image["id"].get<int>();
        const auto name = std::to_string(seed);
        const auto jpeg =
            with_orientation(encoded(noise(64, 48, static_cast<uint64_t>(seed)), ".jpg"), orientation);
        const auto bytes = std::span(reinterpret_cast<const uint8_t*>(jpeg.data()), jpeg.size());
        const auto upright = images::decode_image(bytes, name, images::Orientation::kUpright);
        for (const auto* set : {&turned_, &upright_}) fs::create_directories(*set / "images" / split);
        write_text(turned_ / "images" / split / (name + ".jpg"), jpeg);
        write_image_file(upright_ / "images" / split / (name + ".png"), upright);
        image["width"] = upright.width();
        image["height"] = upright.height();
        image["file_name"] = name + ".png";
      }
      put(upright_, split, truth);
      for (auto& image : truth["images"]) {
        image["file_name"] = std::to_string(image["id"].get<int>()) + ".jpg";
        if (!stated_upright) std::swap(image["width"], image["height"]);
      }
      put(turned_, split, truth);
    }
  }

  static void put(const fs::path& set, const std::string& split, const json& truth) {
    fs::create_directories(set / "annotations");
    write_text(set / "annotations" / ("instances_" + split + ".json"), truth.dump());
  }

  Outcome train(const fs::path& data, const std::string& out, const std::string& more = "") const {
    return run("train --data " + data.string() + " --out " + path(out) + " --config " + config_.string() +
               " " + more);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  /// What a model finds in the validation split, without the ids' order.
  json found(const std::string& model, const fs::path& data, const std::string& more = "") const {
    const auto outcome = run("eval --model " + path(model) + " --data " + data.string() +
                             " --save-detections " + path("found.json") + " " + more);
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    return json::parse(read_file(path("found.json"), 1 << 24));
  }

  /// The numbers of training's own evaluation.
  json own_evaluation(const std::string& out) const {
    std::istringstream log(read_file(path(out + "/metrics.jsonl"), 1 << 20));
    json last;
    for (std::string line; std::getline(log, line);) {
      auto entry = json::parse(line);
      if (entry["kind"] == "eval") last = entry;
    }
    last.erase("time");
    return last;
  }

  TemporaryFolder folder_;
  fs::path turned_ = folder_.path() / "turned", upright_ = folder_.path() / "upright",
           config_ = folder_.path() / "tiny.yaml";
};

TEST_F(TurnedImages, AreReadAlikeByTrainingAndEvaluation) {
  write_twins(/*orientation=*/3);
  const auto run = train(turned_, "turned_run", "loader.exif_orientation=true");
  ASSERT_EQ(run.code, 0) << run.output;
  EXPECT_NE(run.output.find("4 of 4 images have an EXIF orientation and are read upright"), std::string::npos)
      << run.output;
  ASSERT_EQ(train(upright_, "upright_run").code, 0);
  const auto turned = io::read_safetensors(path("turned_run/last.safetensors")).tensors;
  for (const auto& [name, tensor] : io::read_safetensors(path("upright_run/last.safetensors")).tensors) {
    ASSERT_TRUE(tensor.equal(turned.at(name))) << name;
  }
  const auto own = own_evaluation("turned_run"), of_upright = own_evaluation("upright_run");
  for (const auto& [name, value] : of_upright.items()) {
    if (name.starts_with("A")) {
      EXPECT_EQ(own.at(name), value) << name;
    }
  }

  // The model file says how images are to be read; the option has the last word.
  const std::string model = "turned_run/last.safetensors";
  const auto of_twin = found(model, upright_);
  EXPECT_EQ(found(model, turned_), of_twin);
  EXPECT_EQ(found("upright_run/last.safetensors", turned_, "--exif-orientation"), of_twin);
  EXPECT_NE(found(model, turned_, "--exif-orientation=false"), of_twin);
  EXPECT_NE(found("upright_run/last.safetensors", turned_), of_twin) << "COCO's convention: as stored";
}

TEST_F(TurnedImages, StatedSizesAreHeededWithoutBeingAsked) {
  write_twins(/*orientation=*/6);
  const auto run = train(turned_, "run");
  ASSERT_EQ(run.code, 0) << run.output;
  EXPECT_EQ(found("run/last.safetensors", turned_), found("run/last.safetensors", upright_));
  expect_refused(train(turned_, "other", "loader.exif_orientation=false"), 1,
                 {"instances_train.json", "only the image turned upright", "loader.exif_orientation"});
  EXPECT_FALSE(fs::exists(path("other"))) << "before the first step";

  const auto packed = folder_.path() / "packed";
  ASSERT_EQ(focus::test::run("dataset pack " + turned_.string() + " --out " + packed.string()).code, 0);
  EXPECT_EQ(found("run/last.safetensors", packed), found("run/last.safetensors", upright_));
}

TEST_F(TurnedImages, SizesOfTheOtherReadingAreFoundBeforeTheFirstStep) {
  write_twins(/*orientation=*/6, /*stated_upright=*/false);
  for (const std::string split : {"train", "val"}) {
    auto truth = json::parse(read_file(turned_ / "annotations" / ("instances_" + split + ".json"), 1 << 20));
    for (auto& box : truth["annotations"]) box["bbox"] = {4, 6, 20, 50};  // Of 48 x 64 pixels as stored.
    put(turned_, split, truth);
  }
  ASSERT_EQ(train(turned_, "as_stored").code, 0);
  expect_refused(train(turned_, "run", "loader.exif_orientation=true"), 1,
                 {"instances_train.json", "only the image as stored", "=false"});
  EXPECT_FALSE(fs::exists(path("run")));
}

TEST_F(TurnedImages, UprightBoxesWithStoredSizesAreNamedByTheCheck) {
  write_twins(/*orientation=*/6, /*stated_upright=*/false);
  auto truth = json::parse(read_file(turned_ / "annotations/instances_val.json", 1 << 20));
  truth["annotations"][0]["bbox"] = {50, 4, 12, 20};  // Of 64 x 48 pixels upright, 48 x 64 stored.
  put(turned_, "val", truth);
  const auto check = focus::test::run("dataset check " + turned_.string() + " --split val");
  EXPECT_EQ(check.code, 1);
  EXPECT_NE(check.output.find("boxes fit only the image turned upright"), std::string::npos) << check.output;
  EXPECT_EQ(focus::test::run("dataset check " + turned_.string() + " --split val --exif-orientation").code,
            0);
}

}  // namespace
}  // namespace focus::test
