// Data sets in YOLO's and Pascal VOC's formats, through the commands that take them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

struct DatasetFormats : testing::Test {
  TemporaryFolder folder;
  const std::string dir = folder.path().string();

  DatasetFormats() {
    write_tiny_dataset(dir + "/coco");
    for (const std::string format : {"yolo", "voc", "kitti"}) {
      const auto made =
          run("dataset convert --data " + dir + "/coco --to " + format + " --out " + dir + "/" + format);
      EXPECT_EQ(made.code, 0) << made.output;
      EXPECT_NE(made.output.find("6 images with 12 boxes in the splits train, val"), std::string::npos)
          << made.output;
    }
  }

  nlohmann::json json_of(const std::string& arguments) const {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    return nlohmann::json::parse(outcome.output);
  }
};

/// What must be the same in every format: all but ids, and sides to a millionth of a pixel.
nlohmann::json comparable(nlohmann::json splits) {
  for (auto& split : splits) {
    for (auto& category : split["categories"]) category.erase("id");
    for (auto& side : split["box_side"]) side = std::round(side.get<double>() * 1e6) / 1e6;
  }
  return splits;
}

TEST_F(DatasetFormats, StatsAgree) {
  const auto expected = json_of("dataset stats --json " + dir + "/coco");
  EXPECT_EQ(expected["train"]["images"], 4);
  EXPECT_EQ(expected["val"]["boxes"], 4);
  EXPECT_EQ(json_of("dataset stats --json --split val " + dir + "/coco"), expected["val"]);
  for (const std::string name : {"yolo", "yolo/data.yaml", "voc", "kitti"}) {
    EXPECT_EQ(comparable(json_of("dataset stats --json " + dir + "/" + name)), comparable(expected)) << name;
  }
  const auto text = run("dataset stats " + dir + "/yolo");
  EXPECT_NE(text.output.find("split train"), std::string::npos) << text.output;
  EXPECT_NE(text.output.find("split val"), std::string::npos) << text.output;
}

TEST_F(DatasetFormats, CheckFindsWhatIsWrong) {
  for (const std::string name : {"coco", "yolo", "voc", "kitti"}) {
    const auto outcome = run("dataset check " + dir + "/" + name);
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("0 errors, 0 warnings"), std::string::npos) << outcome.output;
  }
  write_text(dir + "/yolo/labels/train/0.txt", "0 0.5 0.5 0.1\n0 0.5 0.5 0.1 nan\n5 0.5 0.5 0.1 0.1\n");
  write_text(dir + "/yolo/images/train/1.png", "no image");
  const auto wrong = run("dataset check " + dir + "/yolo");
  EXPECT_EQ(wrong.code, 1);
  for (const auto* words : {"error: malformed line: 1", "labels/train/0.txt:1: 5 numbers expected, found 4",
                            "number not finite: 1", "unknown category id: 1", "undecodable image: 1",
                            "split val", "4 errors; training refuses"}) {
    EXPECT_NE(wrong.output.find(words), std::string::npos) << words << "\n" << wrong.output;
  }
  EXPECT_EQ(run("dataset check --split val " + dir + "/yolo").code, 0);
  const auto json = run("dataset check --json --split train " + dir + "/yolo 2>/dev/null");
  EXPECT_EQ(nlohmann::json::parse(json.output.substr(0, json.output.rfind('}') + 1))["errors"], 4);
  expect_refused(run("dataset check " + dir + "/yolo --images x"), 2, {"--images is for an annotation file"});
  expect_refused(run("dataset check " + dir + "/coco/annotations/instances_val.json --split val"), 2,
                 {"--split needs the folder"});
  expect_refused(run("dataset stats " + dir + "/yolo --split train"), 1,
                 {"images/train/1.png: not a JPEG", "focus-detr dataset check"});
}

TEST_F(DatasetFormats, EvalAndExplainTakeThem) {
  const std::string model = dir + "/tiny.safetensors";
  write_tiny_model(model);
  const std::string expected = run("eval --model " + model + " --data " + dir + "/coco").output;
  EXPECT_NE(expected.find("AP50"), std::string::npos) << expected;
  for (const std::string name : {"voc", "yolo", "yolo/data.yaml", "kitti"}) {
    const auto outcome = run("eval --model " + model + " --data " + dir + "/" + name);
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_EQ(outcome.output, expected) << name << ": its ids differ from the model's";
  }
  EXPECT_EQ(run("explain --model " + model + " --data " + dir + "/voc").code, 0);
}

TEST_F(DatasetFormats, TrainTakesThem) {
  write_text(dir + "/tiny.yaml", kTinyTraining);
  for (const std::string name : {"yolo", "voc", "kitti"}) {
    const auto outcome = run("train --config " + dir + "/tiny.yaml --data " + dir + "/" + name + " --out " +
                             dir + "/run-" + name);
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_TRUE(std::filesystem::exists(dir + "/run-" + name + "/last.safetensors"));
  }
}

TEST_F(DatasetFormats, ConvertSaysWhatIsLost) {
  auto annotations = tiny_annotations(4);
  annotations["annotations"][0]["iscrowd"] = 1;
  annotations["annotations"][1]["bbox"] = {30.5, 10, 60, 18};
  annotations["annotations"][2]["bbox"] = {5, 5, 0, 0};
  write_text(dir + "/coco/annotations/instances_train.json", annotations.dump());
  const auto yolo =
      run("dataset convert --data " + dir + "/coco --splits train --to yolo --out " + dir + "/y");
  EXPECT_EQ(yolo.code, 0) << yolo.output;
  for (const auto* words : {"note: 1 crowds left out", "note: 1 boxes left out", "note: 1 boxes clipped"}) {
    EXPECT_NE(yolo.output.find(words), std::string::npos) << words << "\n" << yolo.output;
  }
  const auto voc = run("dataset convert --data " + dir + "/coco --splits train --to voc --out " + dir + "/v");
  EXPECT_NE(voc.output.find("note: 1 boxes rounded"), std::string::npos) << voc.output;
  EXPECT_NE(yolo.output.find("1 crowds left out: YOLO cannot store them"), std::string::npos) << yolo.output;
  const auto kitti =
      run("dataset convert --data " + dir + "/coco --splits train --to kitti --out " + dir + "/k");
  EXPECT_NE(kitti.output.find("note: 1 crowds of one class became ignore regions for every class in KITTI"),
            std::string::npos)
      << kitti.output;
  expect_refused(run("dataset convert --data " + dir + "/coco --to yolo --out " + dir + "/y"), 2,
                 {"/y: exists already"});
  expect_refused(run("dataset convert --data " + dir + "/tiny --to yolo --out " + dir + "/n"), 1,
                 {"/tiny: no such folder"});
  expect_wrong_usage(run("dataset convert --data " + dir + "/coco --to tfrecord --out " + dir + "/n"),
                     {"--to", "kitti"});
  EXPECT_FALSE(std::filesystem::exists(dir + "/n"));
}

}  // namespace
}  // namespace focus::test
