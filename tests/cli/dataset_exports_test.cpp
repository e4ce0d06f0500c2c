// Data sets as other programs export them, through the real command.
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

struct DatasetExports : testing::Test {
  TemporaryFolder folder;
  const std::string dir = folder.path().string(), data = dir + "/data";

  DatasetExports() { write_tiny_dataset(data); }

  std::string annotations(const std::string& split, const std::string& of = "data") const {
    return dir + "/" + of + "/annotations/instances_" + split + ".json";
  }
  nlohmann::json json(const std::string& path) const {
    return nlohmann::json::parse(read_file(path, 1 << 20));
  }
  /// Gives every id of both splits the text that `text_of` makes of it.
  template <typename TextOf>
  void make_ids_text(const TextOf& text_of) const {
    for (const char* split : {"train", "val"}) {
      auto file = json(annotations(split));
      for (const char* list : {"images", "annotations", "categories"}) {
        for (auto& entry : file[list]) {
          for (const char* field : {"id", "image_id", "category_id"}) {
            if (entry.contains(field)) entry[field] = text_of(field, entry[field].template get<int64_t>());
          }
        }
      }
      write_text(annotations(split), file.dump());
    }
  }
};

TEST_F(DatasetExports, TextIdsGoThroughEveryCommand) {
  make_ids_text([](const std::string&, int64_t id) { return "8f0c-" + std::to_string(id); });
  const auto check = run("dataset check " + data);
  EXPECT_EQ(check.code, 0) << check.output;
  EXPECT_NE(check.output.find("warning: id is text: 14\n"), std::string::npos) << check.output;

  const auto truth = json(annotations("val"));
  auto results = nlohmann::json::array();
  for (const auto& box : truth["annotations"]) {
    results.push_back({{"image_id", box["image_id"]},
                       {"category_id", box["category_id"]},
                       {"bbox", box["bbox"]},
                       {"score", 0.5}});
  }
  write_text(dir + "/dt.json", results.dump());
  const auto eval = run("eval --data " + data + " --detections " + dir + "/dt.json --save-detections " + dir +
                        "/saved.json --json " + dir + "/numbers.json");
  EXPECT_EQ(eval.code, 0) << eval.output;
  EXPECT_NEAR(json(dir + "/numbers.json")["AP"].get<double>(), 1, 1e-9);
  EXPECT_EQ(json(dir + "/numbers.json")["classes"][0]["id"], "8f0c-" + std::to_string(kCat));
  EXPECT_EQ(json(dir + "/saved.json"), results);

  for (const std::string subcommand : {"convert --to coco --transfer none --data", "pack"}) {
    const auto made = run("dataset " + subcommand + " " + data + " --out " + dir + "/made");
    EXPECT_EQ(made.code, 0) << made.output;
    auto again = json(annotations("val", "made"));
    EXPECT_EQ(again["categories"], truth["categories"]) << subcommand;
    EXPECT_EQ(again["images"], truth["images"]) << subcommand;
    for (size_t i = 0; i < truth["annotations"].size(); ++i) {
      for (const char* field : {"id", "image_id", "category_id", "bbox"}) {
        EXPECT_EQ(again["annotations"][i][field], truth["annotations"][i][field]) << subcommand;
      }
    }
    fs::remove_all(dir + "/made");
  }
}

TEST_F(DatasetExports, NumbersInQuotesTrainAndAreSaved) {
  make_ids_text([](const std::string&, int64_t id) { return std::to_string(id - 1); });
  write_text(dir + "/tiny.yaml", kTinyTraining);
  const auto train = run("train --data " + data + " --out " + dir + "/run --config " + dir + "/tiny.yaml");
  ASSERT_EQ(train.code, 0) << train.output;
  const auto eval = run("eval --data " + data + " --model " + dir +
                        "/run/last.safetensors --save-detections " + dir + "/saved.json");
  EXPECT_EQ(eval.code, 0) << eval.output;
  const auto saved = json(dir + "/saved.json");
  ASSERT_FALSE(saved.empty());
  for (const auto& d : saved) {
    EXPECT_TRUE(d["image_id"] == "0" || d["image_id"] == "1") << d;
    EXPECT_TRUE(d["category_id"] == std::to_string(kCat - 1) || d["category_id"] == std::to_string(kDog - 1))
        << d;
  }
}

TEST_F(DatasetExports, MoreBoxesThanQueriesAreWarnedOfBeforeTraining) {
  write_text(dir + "/tiny.yaml", kTinyTraining);
  const std::string command =
      "train --data " + data + " --out " + dir + "/run --config " + dir + "/tiny.yaml";
  EXPECT_EQ(run(command).output.find("queries"), std::string::npos);
  fs::remove_all(dir + "/run");
  auto file = json(annotations("train"));
  for (int i = 0; i < 10; ++i) {
    file["annotations"].push_back(
        {{"id", 1000 + i}, {"image_id", 1}, {"category_id", kCat}, {"bbox", {6 * i, 1, 4, 4}}});
  }
  write_text(annotations("train"), file.dump());
  const auto crowded = run(command);
  EXPECT_EQ(crowded.code, 0) << crowded.output;
  const auto warning = crowded.output.find(
      "warning: split 'train': 1 of 4 images have more boxes than the model has queries (10), up to 12 in "
      "'0.png'");
  EXPECT_NE(warning, std::string::npos) << crowded.output;
  EXPECT_LT(warning, crowded.output.find("epoch")) << crowded.output;
  EXPECT_NE(crowded.output.find("model.transformer.queries=12"), std::string::npos) << crowded.output;
  const auto check = run("dataset check " + data + " --queries 10");
  EXPECT_EQ(check.code, 0);
  EXPECT_NE(check.output.find("warning: more boxes than queries: 1\n"), std::string::npos) << check.output;
  EXPECT_EQ(run("dataset check " + data).output.find("queries"), std::string::npos);
}

TEST_F(DatasetExports, PlainCornersOfVocAreReadOnDemand) {
  const std::string voc = dir + "/voc";
  for (const char* place : {"/Annotations/sub", "/JPEGImages/sub", "/ImageSets/Main"}) {
    fs::create_directories(voc + place);
  }
  // What Datumaro writes of the pixels 0 to 9.
  write_text(
      voc + "/Annotations/sub/b.xml",
      "<annotation><filename>sub/b.png</filename><size><width>64</width><height>48</height></size><object>"
      "<name>dog</name><bndbox><xmin>0.0</xmin><ymin>0.0</ymin><xmax>10.0</xmax><ymax>10.0</ymax></bndbox>"
      "</object></annotation>");
  write_text(voc + "/ImageSets/Main/val.txt", "sub/b\n");
  write_text(voc + "/JPEGImages/sub/b.png", "never decoded here");
  const std::string plain = " --voc-corners plain";
  const std::string convert = "dataset convert --to coco --transfer none --data " + voc + " --out " + dir;
  EXPECT_EQ(run(convert + "/kit").code, 0);
  const auto kit = json(annotations("val", "kit"))["annotations"][0]["bbox"];
  EXPECT_EQ(kit, (nlohmann::json{0, 0, 10, 10})) << "moved to the edge";
  EXPECT_EQ(run(convert + "/edges" + plain).code, 0);
  EXPECT_EQ(json(annotations("val", "edges"))["annotations"][0]["bbox"], (nlohmann::json{0, 0, 10, 10}));
  EXPECT_NE(run("dataset check " + voc).output.find("corners unlike VOC's kit: 1"), std::string::npos);
  EXPECT_EQ(run("dataset check " + voc + plain).output.find("corners"), std::string::npos);
  EXPECT_EQ(run("dataset stats " + voc + " --voc-corners odd").code, 2);

  write_text(dir + "/dt.json", R"([{"image_id": 1, "category_id": 1, "bbox": [20, 30, 6, 6], "score": 1}])");
  auto text = read_file(voc + "/Annotations/sub/b.xml", 1 << 20);
  for (const auto& [from, to] : {std::pair{"xmin>0.0", "xmin>20"},
                                 {"ymin>0.0", "ymin>30"},
                                 {"xmax>10.0", "xmax>26"},
                                 {"ymax>10.0", "ymax>36"}}) {
    text.replace(text.find(from), std::string(from).size(), to);
  }
  write_text(voc + "/Annotations/sub/b.xml", text);
  const std::string eval =
      "eval --data " + voc + " --detections " + dir + "/dt.json --json " + dir + "/ap.json";
  ASSERT_EQ(run(eval).code, 0);
  EXPECT_LT(json(dir + "/ap.json")["AP"].get<double>(), 0.7) << "a pixel too large";
  ASSERT_EQ(run(eval + plain).code, 0);
  EXPECT_NEAR(json(dir + "/ap.json")["AP"].get<double>(), 1, 1e-9);
}

TEST_F(DatasetExports, PathsThatCannotBeLookedAtAreTold) {
  auto file = json(annotations("train"));
  file["images"][0]["file_name"] = std::string(300, 'x') + ".png";
  file["images"][1]["file_name"] = "loop/1.png";
  file["images"][2]["file_name"] = "a\x1b[2J\nb.png";
  write_text(annotations("train"), file.dump());
  fs::remove(data + "/images/train.safetensors");
  fs::create_directories(data + "/images/train");
  fs::create_symlink("loop", data + "/images/train/loop");
  const auto check = run("dataset check " + data + " --split train");
  EXPECT_EQ(check.code, 1) << check.output;
  EXPECT_NE(check.output.find("File name too long"), std::string::npos) << check.output;
  EXPECT_NE(check.output.find("Too many levels of symbolic links"), std::string::npos) << check.output;
  EXPECT_EQ(check.output.find('\x1b'), std::string::npos) << check.output;
  EXPECT_NE(check.output.find("a?[2J?b.png"), std::string::npos) << check.output;
  for (const std::string& name : {std::string(300, 'y'), std::string("data/images/train/loop")}) {
    const auto outcome = run("dataset check " + dir + "/" + name);
    EXPECT_EQ(outcome.code, 1) << outcome.output;
    EXPECT_EQ(outcome.output.rfind("error: ", 0), 0u) << outcome.output;
    EXPECT_EQ(outcome.output.find("filesystem error"), std::string::npos) << outcome.output;
  }
}

}  // namespace
}  // namespace focus::test
