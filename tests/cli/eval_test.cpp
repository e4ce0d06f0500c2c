#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "images/turned_file.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

/// The numbers a COCO evaluation has, under the names they have in JSON.
const std::set<std::string> kNumbers{"AP",   "AP50",  "AP75",   "AP_small", "AP_medium", "AP_large",
                                     "AR_1", "AR_10", "AR_100", "AR_small", "AR_medium", "AR_large"};

struct EvalCommand : testing::Test {
  TemporaryFolder folder;
  const std::string dir = folder.path().string();

  EvalCommand() {
    write_text(
        dir + "/gt.json",
        R"({"images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],)"
        R"("categories": [{"id": 7, "name": "cat"}],)"
        R"("annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 30, 40], "area": 1200}]})");
  }
  void put_detection(const std::string& category, const std::string& score) const {
    write_text(dir + "/dt.json", R"([{"image_id": 1, "category_id": )" + category +
                                     R"(, "bbox": [1, 2, 30, 40], "score": )" + score + "}]");
  }
  Outcome eval(const std::string& more) const {
    return run("eval --annotations " + dir + "/gt.json " + more);
  }
  nlohmann::json json(const std::string& name) const {
    return nlohmann::json::parse(read_file(dir + "/" + name, 1 << 20));
  }
};

TEST_F(EvalCommand, PrintsTheNumbersAndWritesThem) {
  put_detection("7", "0.5");
  const Outcome outcome = eval("--detections " + dir + "/dt.json --json " + dir + "/out.json");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("AP          1.000"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("AP_large        -"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("cat          1  1.000  1.000"), std::string::npos) << outcome.output;
  EXPECT_NEAR(json("out.json")["AP50"].get<double>(), 1, 1e-9);
  EXPECT_EQ(json("out.json")["AR_large"], -1);
}

TEST_F(EvalCommand, SaysWhatIsMissing) {
  expect_wrong_usage(run("eval --model m.safetensors --data d --keep 2"), {"--keep"});
  expect_refused(eval(""), 2, {"--detections", "--model"});
  expect_refused(eval("--model m.safetensors --detections d.json --images " + dir), 2,
                 {"--detections", "--model"});
  expect_refused(eval("--model m.safetensors"), 2, {"--model needs images", "--images"});
  expect_refused(run("eval --detections x.json"), 2, {"--data or --annotations"});
}

TEST_F(EvalCommand, BadFilesEndWithOneLine) {
  put_detection("7", "\"high\"");
  const Outcome wrong = eval("--detections " + dir + "/dt.json --json " + dir + "/out.json");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_EQ(wrong.output,
            "error: " + dir + "/dt.json: results[0] field 'score' is \"high\", not a finite number\n");
  expect_refused(eval("--detections " + dir + "/none.json"), 1, {"none.json: no such file"});
  write_text(dir + "/cut.json", R"([{"image_id": 1, )");
  expect_refused(eval("--detections " + dir + "/cut.json --json " + dir + "/out.json"), 1,
                 {"cut.json: is not JSON"});
  EXPECT_FALSE(std::filesystem::exists(dir + "/out.json"));
  put_detection("7", "0.5");
  expect_refused(run("eval --annotations " + dir + "/cut.json --detections " + dir + "/dt.json"), 1,
                 {"cut.json: the file is not JSON"});
}

TEST_F(EvalCommand, ResultsThatCannotBeWrittenAreAnError) {
  put_detection("7", "0.5");
  const auto outcome = eval("--detections " + dir + "/dt.json --json " + dir + "/none/out.json");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("error: " + dir + "/none/out.json: "), std::string::npos) << outcome.output;
}

TEST_F(EvalCommand, WarnsOfCategoriesThatDoNotCount) {
  write_text(dir + "/dt.json",
             R"([{"image_id": 1, "category_id": 7, "bbox": [1, 2, 30, 40], "score": 0.5},)"
             R"( {"image_id": 1, "category_id": 90, "bbox": [1, 2, 30, 40], "score": 0.5}])");
  const Outcome outcome = eval("--detections " + dir + "/dt.json");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.output.find("warning: 1 of 2 detections have a category_id"), std::string::npos)
      << outcome.output;
  put_detection("0", "0.5");
  expect_refused(eval("--detections " + dir + "/dt.json"), 1,
                 {"'category_id' is 0 to 0", "--category-ids from-zero"});
  const Outcome counted = eval("--detections " + dir + "/dt.json --category-ids from-zero");
  EXPECT_EQ(counted.code, 0);
  EXPECT_NE(counted.output.find("AP          1.000"), std::string::npos) << counted.output;
  EXPECT_EQ(eval("--detections " + dir + "/dt.json --category-ids annotations").code, 0);
  expect_wrong_usage(eval("--detections " + dir + "/dt.json --category-ids roman"),
                     {"--category-ids", "roman"});
}

TEST_F(EvalCommand, AModelThatGivesNoNumbersHasNoResult) {
  write_overflowing_model(dir + "/broken.safetensors");
  write_tiny_dataset(dir + "/data");
  const auto outcome = run("eval --model " + dir + "/broken.safetensors --data " + dir +
                           "/data --split val --json " + dir + "/out.json");
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  EXPECT_NE(outcome.output.find("error: the model gives 10 scores of 10 that are not finite"),
            std::string::npos)
      << outcome.output;
  EXPECT_FALSE(std::filesystem::exists(dir + "/out.json"));
}

/// Classes are joined by name, one by one, whatever their numbers.
TEST_F(EvalCommand, AModelsClassesAreJoinedByName) {
  write_tiny_model(dir + "/tiny.safetensors");  // Sees a cat wherever it looks.
  write_tiny_dataset(dir + "/data");
  const auto file = dir + "/data/annotations/instances_val.json";
  const auto swap_names = [&](const std::string& cat, const std::string& dog) {
    auto truth = tiny_annotations(2);
    truth["categories"] = {{{"id", kCat}, {"name", cat}}, {{"id", kDog}, {"name", dog}}};
    write_text(file, truth.dump());
  };
  const auto eval_model = [&] {
    return run("eval --model " + dir + "/tiny.safetensors --data " + dir + "/data --save-detections " + dir +
               "/results.json");
  };
  const auto first_category = [&] { return json("results.json")[0]["category_id"].get<int64_t>(); };

  swap_names("dog", "cat");
  EXPECT_EQ(eval_model().code, 0);
  EXPECT_EQ(first_category(), kDog) << "the id of cats there";

  swap_names("sheep", "cat");
  const auto some = eval_model();
  EXPECT_EQ(some.code, 0) << some.output;
  EXPECT_NE(some.output.find("1 of 2 classes of " + dir + "/tiny.safetensors are not in"), std::string::npos)
      << some.output;
  EXPECT_NE(some.output.find("'sheep'"), std::string::npos) << some.output;
  EXPECT_EQ(first_category(), kDog);

  swap_names("Cat", "Dog");
  expect_refused(eval_model(), 1, {"no class of", "tiny.safetensors", "'cat', 'dog'", "'Cat', 'Dog'"});
}

/// Ids of a YOLO data set are places: 1, 10, 11, 12, 2 ...
TEST_F(EvalCommand, PredictionsOfUltralyticsAreJoinedByFileName) {
  std::filesystem::create_directories(dir + "/y/images/val");
  std::filesystem::create_directories(dir + "/y/labels/val");
  write_text(dir + "/y/data.yaml", "val: images/val\nnames: [cat]\n");
  auto found = nlohmann::json::array();
  for (int i = 1; i <= 12; ++i) {
    const auto name = std::to_string(i);
    write_text(dir + "/y/images/val/" + name + ".jpg", jpeg_without_pixels(100, 100, 1));
    write_text(dir + "/y/labels/val/" + name + ".txt",
               "0 " + std::to_string((6 * i + 5) / 100.0) + " 0.5 0.1 0.1\n");
    found.push_back({{"image_id", i},
                     {"file_name", name + ".jpg"},
                     {"category_id", 1},
                     {"bbox", {6 * i, 45, 10, 10}},
                     {"score", 0.9}});
  }
  const auto measure = [&](const std::string& more = "") {
    write_text(dir + "/predictions.json", found.dump());
    return run("eval --data " + dir + "/y --detections " + dir + "/predictions.json " + more);
  };
  const auto joined = measure();
  EXPECT_EQ(joined.code, 0) << joined.output;
  EXPECT_NE(joined.output.find("AP          1.000"), std::string::npos) << joined.output;
  EXPECT_NE(joined.output.find("joined by their file names"), std::string::npos) << joined.output;

  for (auto& entry : found) entry.erase("file_name");
  expect_refused(measure(), 1, {"position", "number in its file name", "--image-ids"});
  const auto named = measure("--image-ids names");
  EXPECT_NE(named.output.find("AP          1.000"), std::string::npos) << named.output;

  found[3]["file_name"] = "7.jpg";
  found[3]["image_id"] = 5;
  expect_refused(measure(), 1, {"results[3]", "'image_id' is 5", "'7.jpg'"});
}

TEST_F(EvalCommand, RunsAModelAndKeepsItsDetections) {
  write_tiny_model(dir + "/tiny.safetensors");
  write_tiny_dataset(dir + "/data");
  const auto outcome =
      run("eval --model " + dir + "/tiny.safetensors --data " + dir + "/data --batch-size 2 --json " + dir +
          "/model.json --save-detections " + dir + "/results.json");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  auto numbers = json("model.json");
  ASSERT_EQ(numbers["classes"].size(), 2u);
  EXPECT_EQ(numbers["classes"][0]["name"], "cat");
  EXPECT_EQ(numbers["classes"][1]["boxes"], 2);
  numbers.erase("classes");
  std::set<std::string> names;
  for (const auto& [name, value] : numbers.items()) {
    names.insert(name);
    EXPECT_GE(value.get<double>(), -1) << name;
    EXPECT_LE(value.get<double>(), 1) << name;
  }
  EXPECT_EQ(names, kNumbers);

  const auto results = json("results.json");
  ASSERT_EQ(results.size(), static_cast<size_t>(2 * kTinyQueries))
      << "all the model's answers, whatever their score";
  EXPECT_EQ(results[0]["category_id"], kCat);

  const auto again =
      run("eval --data " + dir + "/data --detections " + dir + "/results.json --json " + dir + "/file.json");
  ASSERT_EQ(again.code, 0) << again.output;
  const auto from_file = json("file.json");
  for (const auto& name : kNumbers) {
    EXPECT_NEAR(from_file[name].get<double>(), numbers[name].get<double>(), 1e-9) << name;
  }
}

}  // namespace
}  // namespace focus::test
