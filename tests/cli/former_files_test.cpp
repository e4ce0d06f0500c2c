// Files that an older version wrote are still read: tests/fixtures/3866cc4 (its README says how they were made).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "detector/model_file.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class FormerFiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto unpacked =
        run_shell("cd '" + folder_.path().string() + "' && tar -xzf '" + stored("files.tar.gz") + "'");
    ASSERT_EQ(unpacked.code, 0) << unpacked.output;
  }

  static std::string stored(const std::string& name) {
    return (fs::path(FOCUS_DETR_SOURCE_DIR) / "tests" / "fixtures" / "3866cc4" / name).string();
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome in_folder(const std::string& arguments) const {
    return run_shell("cd '" + folder_.path().string() + "' && " + kWarmCommand + arguments);
  }
  static std::vector<json> lines(const std::string& file) {
    std::vector<json> all;
    std::ifstream text(file);
    for (std::string line; std::getline(text, line);) all.push_back(json::parse(line));
    return all;
  }

  TemporaryFolder folder_;
};

TEST_F(FormerFiles, AModelSaysWhatItSaidThen) {
  const auto loaded = detector::load_model(path("model.safetensors"));
  EXPECT_TRUE(loaded.info.model.transformer.learned_queries);
  EXPECT_EQ(loaded.info.calibration.images, 2);
  EXPECT_EQ(loaded.info.provenance.at("training_images"), 4);
  EXPECT_FALSE(loaded.info.provenance.contains("training_pictures"));
  EXPECT_EQ(loaded.info.categories.at(0).name, "red");
  const auto told = in_folder("model info model.safetensors");
  EXPECT_EQ(told.code, 0);
  EXPECT_NE(told.output.find("model.transformer.learned_queries = true"), std::string::npos) << told.output;
  EXPECT_NE(told.output.find("23 convolutions on 2 images"), std::string::npos) << told.output;
}

#ifdef FOCUS_DETR_OPENCV
/// What `detect --json` says of the two images.
void expect_same_detections(const json& found, const json& expected, double score_tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    for (const auto& [key, value] : expected[i].items()) EXPECT_TRUE(found[i].contains(key)) << key;
    EXPECT_EQ(found[i]["file"], expected[i]["file"]);
    const auto &ours = found[i]["detections"], &theirs = expected[i]["detections"];
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t d = 0; d < theirs.size(); ++d) {
      EXPECT_EQ(ours[d]["category"], theirs[d]["category"]) << i << ", " << d;
      EXPECT_EQ(ours[d]["category_id"], theirs[d]["category_id"]);
      EXPECT_NEAR(ours[d]["score"].get<double>(), theirs[d]["score"].get<double>(), score_tolerance);
      for (size_t side = 0; side < 4; ++side) {
        EXPECT_NEAR(ours[d]["bbox"][side].get<double>(), theirs[d]["bbox"][side].get<double>(), 1e-2);
      }
    }
  }
}

TEST_F(FormerFiles, AModelFindsWhatItFoundThen) {
  const auto outcome =
      in_folder("detect --model model.safetensors a.png b.png --threshold 0 --threads 1 --json found.json");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  expect_same_detections(json::parse(std::ifstream(path("found.json"))),
                         json::parse(std::ifstream(stored("detections.json"))), 1e-4);
}
#endif

#if defined(FOCUS_DETR_OPENCV) && defined(FOCUS_DETR_ONEDNN)
TEST_F(FormerFiles, ItsCalibrationStillRunsInEightBits) {
  const auto outcome = in_folder(
      "detect --model model.safetensors a.png b.png --threshold 0 --threads 1 --precision int8 --json found.json");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const auto found = json::parse(std::ifstream(path("found.json")));
  const auto expected = json::parse(std::ifstream(stored("detections_int8.json")));
  for (size_t i = 0; i < 2; ++i) {
    // Processors round 8 bits in their own ways; the best detection stands apart from none of that.
    const auto &best = found[i]["detections"][0], &then = expected[i]["detections"][0];
    EXPECT_EQ(best["category"], then["category"]);
    EXPECT_NEAR(best["score"].get<double>(), then["score"].get<double>(), 0.05);
  }
}
#endif

TEST_F(FormerFiles, APackIsRead) {
  const auto checked = in_folder("dataset check pack --json");
  ASSERT_EQ(checked.code, 0) << checked.output;
  const auto measured =
      in_folder("eval --model model.safetensors --data pack --threads 1 --json measured.json");
  ASSERT_EQ(measured.code, 0) << measured.output;
}

TEST_F(FormerFiles, ARunIsContinuedAsItWouldHaveBeen) {
  const auto outcome =
      in_folder("train --config run/config.yaml --data pack --out run --resume train.epochs=2 start.model=");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("option train.epochs was 1 and is 2 from here on"), std::string::npos)
      << outcome.output;
  EXPECT_EQ(outcome.output.find("queries was"), std::string::npos) << "a new name is no change\n"
                                                                   << outcome.output;
  EXPECT_EQ(outcome.output.find("exif_orientation was"), std::string::npos) << outcome.output;
  const auto expected = lines(stored("resumed_metrics.jsonl"));
  auto found = lines(path("run/metrics.jsonl"));
  ASSERT_EQ(found.size(), 3 + expected.size());
  found.erase(found.begin(), found.begin() + 3);
  for (size_t i = 0; i < expected.size(); ++i) {
    for (const auto& [key, value] : expected[i].items()) {
      ASSERT_TRUE(found[i].contains(key)) << key;
      if (!value.is_number()) {
        EXPECT_EQ(found[i][key], value) << key;
      } else {
        EXPECT_NEAR(found[i][key].get<double>(), value.get<double>(),
                    5e-3 * std::max(1.0, std::abs(value.get<double>())))
            << "line " << i << ", " << key;
      }
    }
  }
}

TEST_F(FormerFiles, AConfigurationIsTakenUnderItsOldNames) {
  const auto outcome = in_folder("train --config '" + stored("config.yaml") + "' --data pack --out new");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const auto options = json::parse(std::ifstream(path("new/config.yaml")));
  EXPECT_EQ(options["model"]["transformer"]["learned_queries"], true);
  EXPECT_FALSE(options["model"]["transformer"].contains("learnt_queries"));
  EXPECT_EQ(options["loader"]["exif_orientation"], "false");
}

TEST_F(FormerFiles, AStudyKeepsItsResults) {
  const auto outcome = in_folder(
      "ablate --study cascade --seeds 1 --resume --data pack --out study --config '" + stored("config.yaml") +
      "' train.log_every=100 model.transformer.encoder_layers=2 model.focus.cascade=1,0.5");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(outcome.output.find("epoch "), std::string::npos) << "nothing is trained again\n"
                                                              << outcome.output;
  EXPECT_NE(outcome.output.find("| reversed | 1 |"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace focus::test
