// Data sets as their authors published them, drawn again in miniature: read as they are, imported, divided,
// checked and trained on, by the commands a person would use.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "data/opencv/dataset_images.h"
#include "support/folder_contents.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class DatasetLayouts : public testing::Test {
 protected:
  void image(const std::string& name) { put_image(folder_.path() / name, 48, 64); }
  void text(const std::string& name, const std::string& content) { put(folder_.path() / name, content); }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }

  Outcome done(const std::string& arguments) {
    auto outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments << "\n" << outcome.output;
    return outcome;
  }

  nlohmann::json json_of(const std::string& arguments) {
    const auto outcome = run(arguments + " 2>/dev/null");
    EXPECT_EQ(outcome.code, 0) << arguments << "\n" << outcome.output;
    return nlohmann::json::parse(outcome.output);
  }

  /// Divides `data`, checks what comes of it and trains on it for an epoch.
  void split_check_train(const std::string& data, int64_t images) {
    done("dataset split " + data + " --out " + at("divided") + " --val 0.25 --test 0.25 --seed 3");
    EXPECT_NE(done("dataset check " + at("divided")).output.find("0 errors, 0 warnings"), std::string::npos);
    const auto stats = json_of("dataset stats --json " + at("divided"));
    EXPECT_EQ(stats["train"]["images"].get<int64_t>() + stats["val"]["images"].get<int64_t>() +
                  stats["test"]["images"].get<int64_t>(),
              images);
    text("tiny.yaml", kTinyTraining);
    done("train --config " + at("tiny.yaml") + " --data " + at("divided") + " --out " + at("run"));
    EXPECT_TRUE(fs::exists(at("run/best.safetensors")));
  }

  TemporaryFolder folder_;
};

// As thousands of repositories have it: two folders a split, and the names of the classes in the README
// alone.
TEST_F(DatasetLayouts, YoloWithoutYaml) {
  for (int i = 0; i < 12; ++i) {
    const auto name = std::to_string(i);
    image("pears/train/images/" + name + ".jpg");
    text("pears/train/labels/" + name + ".txt", i == 11 ? "" : std::to_string(i % 2) + " 0.5 0.5 0.25 0.5\n");
  }
  text("pears/README.md", "0: pear, 1: apple\n");
  const auto checked = done("dataset check " + at("pears"));
  for (const char* words :
       {"split train", "classes without names: 1", "12 usable images, 11 usable boxes; 0 errors"}) {
    EXPECT_NE(checked.output.find(words), std::string::npos) << words << "\n" << checked.output;
  }
  const auto imported = done("dataset import --images " + at("pears/train/images") + " --annotations " +
                             at("pears/train/labels") + " --names pear,apple --out " + at("imported"));
  EXPECT_NE(
      imported.output.find("12 images with 11 boxes of 2 classes in the splits train, from YOLO annotations"),
      std::string::npos)
      << imported.output;
  const auto stats = json_of("dataset stats --json --split train " + at("imported"));
  EXPECT_EQ(stats["categories"][0]["name"], "pear");
  EXPECT_EQ(stats["categories"][1]["name"], "apple");
  EXPECT_EQ(stats["categories"][1]["boxes"], 5);
  split_check_train(at("imported"), 12);
}

// Annotations beside images in two folders of their own names, without lists.
TEST_F(DatasetLayouts, VocWithoutImageSets) {
  for (int i = 0; i < 12; ++i) {
    const auto name = "road" + std::to_string(i);
    image("signs/images/" + name + ".png");
    text(
        "signs/annotations/" + name + ".xml",
        "<annotation><folder>images</folder><filename>" + name +
            ".png</filename><size><width>64</width><height>48</height><depth>3</depth></size><object><name>" +
            (i % 3 == 0 ? "stop" : "speedlimit") +
            "</name><difficult>0</difficult><bndbox><xmin>10</xmin><ymin>12</ymin><xmax>30</xmax><ymax>40</"
            "ymax></bndbox></object></annotation>");
  }
  EXPECT_EQ(json_of("dataset stats --json " + at("signs"))["train"]["boxes"], 12);
  const auto imported = done("dataset import --images " + at("signs/images") + " --annotations " +
                             at("signs/annotations") + " --out " + at("imported"));
  EXPECT_NE(imported.output.find("12 images with 12 boxes of 2 classes"), std::string::npos)
      << imported.output;
  // What was not divided is refused for evaluation, with what to do.
  text("tiny.yaml", kTinyTraining);
  expect_refused(
      run("train --config " + at("tiny.yaml") + " --data " + at("signs") + " --out " + at("none")), 1,
      {"no split 'val', only train,", "focus-detr dataset split " + at("signs"), "train.eval_every=0"});
  split_check_train(at("signs"), 12);
}

TEST_F(DatasetLayouts, TrainingNeedsNoEvaluation) {
  for (const char* name : {"a", "b"}) {
    image("set/images/" + std::string(name) + ".png");
    text("set/labels/" + std::string(name) + ".txt", "0 0.5 0.5 0.25 0.5\n");
  }
  text("set/classes.txt", "pear\n");
  text("tiny.yaml", kTinyTraining);
  done("train --config " + at("tiny.yaml") + " --data " + at("set") + " --out " + at("run") +
       " train.eval_every=0");
  EXPECT_TRUE(fs::exists(at("run/last.safetensors")));
}

TEST_F(DatasetLayouts, ImportSaysWhatItLeavesOut) {
  image("photos/a.jpg");
  image("photos/b.jpg");
  text("set.json", R"({"images": [{"id": 1, "file_name": "C:\\work\\a.jpg", "width": 64, "height": 48},
    {"id": 2, "file_name": "gone.jpg", "width": 64, "height": 48}],
    "categories": [{"id": 5, "name": "pear"}], "annotations": [
    {"id": 1, "image_id": 1, "category_id": 5, "bbox": [1, 2, 3, 4]},
    {"id": 2, "image_id": 2, "category_id": 5, "bbox": [1, 2, 3, 4]}]})");
  const auto imported = done("dataset import --images " + at("photos") + " --annotations " + at("set.json") +
                             " --out " + at("imported") + " --split val");
  for (const char* words :
       {"1 of the images that", "'gone.jpg'", "1 images in", "b.jpg", "1 images with 1 boxes of 1 classes",
        "in the splits val, from COCO annotations", "1 images without annotations (left out), 1 annot"}) {
    EXPECT_NE(imported.output.find(words), std::string::npos) << words << "\n" << imported.output;
  }
  EXPECT_EQ(contents(at("imported")).count("images/val/a.jpg"), 1u);
  EXPECT_EQ(json_of("dataset stats --json " + at("imported"))["val"]["categories"][0]["id"], 5);
}

TEST_F(DatasetLayouts, ImportTakesLabelme) {
  image("photos/a.jpg");
  text("marks/a.json", R"({"version": "5.0.1", "flags": {}, "shapes": [
    {"label": "pear", "points": [[10, 20], [4, 6]], "shape_type": "rectangle"},
    {"label": "stalk", "points": [[10, 20], [4, 6]], "shape_type": "line"}],
    "imagePath": "..\\photos\\a.jpg", "imageData": null, "imageHeight": 48, "imageWidth": 64})");
  const auto imported = done("dataset import --images " + at("photos") + " --annotations " + at("marks") +
                             " --out " + at("imported"));
  EXPECT_NE(imported.output.find("shape 'line', which encloses nothing"), std::string::npos)
      << imported.output;
  EXPECT_NE(imported.output.find("1 images with 1 boxes of 1 classes"), std::string::npos) << imported.output;
}

TEST_F(DatasetLayouts, ImportRefusesInOneLine) {
  image("photos/a.jpg");
  text("labels/b.txt", "0 0.5 0.5 0.25 0.5\n");
  const std::string images = "dataset import --images " + at("photos") + " --annotations ";
  const std::string out = " --out " + at("new");
  expect_refused(run(images + at("labels") + out), 1,
                 {"no annotations of the images in", "1 images", "1 txt"});
  expect_refused(run(images + at("absent") + out), 1, {"/absent: no such folder or file of annotations"});
  expect_refused(run("dataset import --images " + at("absent") + " --annotations " + at("labels") + out), 1,
                 {"/absent: no such folder of images"});
  fs::remove(at("labels/b.txt"));
  text("labels/a.txt", "0 0.5 0.5 0.25\n");
  expect_refused(run(images + at("labels") + out + " --names pear"), 1,
                 {"labels/a.txt:1", "5 numbers expected"});
  text("labels/a.txt", "1 0.5 0.5 0.25 0.5\n");
  expect_refused(run(images + at("labels") + out + " --names pear"), 1, {"labels/a.txt:1", "class 1"});
  expect_refused(run(images + at("labels") + out + " --names pear,"), 2,
                 {"--names 'pear,'", "has an empty name"});
  expect_refused(run(images + at("labels") + out + " --names ./absent.txt"), 2,
                 {"--names './absent.txt'", "no such file"});
  text("cvat.xml", "<?xml version=\"1.0\"?><annotations><version>1.1</version></annotations>");
  expect_refused(run(images + at("cvat.xml") + out), 1, {"cvat.xml: is CVAT's own XML", "export"});
  text("set.json", R"({"images": [{"id": 1, "file_name": "z.jpg", "width": 64, "height": 48}],
    "categories": [], "annotations": []})");
  expect_refused(run(images + at("set.json") + out + " 2>&1 >/dev/null | tail -n 1"), 0,
                 {"none of the images"});
  EXPECT_FALSE(fs::exists(at("new")));
}

TEST_F(DatasetLayouts, SplitIsDeterministicAndSaysItsCounts) {
  for (int i = 0; i < 20; ++i) {
    const auto name = "frame_" + std::to_string(i);
    image("set/images/" + name + ".png");
    text("set/labels/" + name + ".txt",
         std::to_string(i == 7 ? 2 : i % 2) + " 0.5 0.5 0.25 0.5\n" + (i == 3 ? "1 0.2 0.2 0.1 0.1\n" : ""));
  }
  text("set/classes.txt", "pear\napple\nplum\nfig\n");
  const std::string data = "dataset split " + at("set") + " --val 0.2 --test 0.2 ";
  const auto first = done(data + "--seed 1 --out " + at("a"));
  done(data + "--seed 1 --out " + at("b"));
  done(data + "--seed 2 --out " + at("c"));
  EXPECT_EQ(contents(at("a")), contents(at("b")));
  EXPECT_NE(contents(at("a")), contents(at("c")));
  for (const char* words : {"images of                    train       val      test",
                            "pear                             6         2         2",
                            "plum                             1         0         0",
                            "all images                      12         4         4",
                            "warning: class 'fig' is in no image of train, nor of any other"}) {
    EXPECT_NE(first.output.find(words), std::string::npos) << words << "\n" << first.output;
  }
  const auto videos = done(data + "--seed 1 --together videos --out " + at("v"));
  EXPECT_NE(videos.output.find("1 of these were cut"), std::string::npos) << videos.output;
  // Neighbours are together but at cuts: each part has whole pieces of four frames.
  for (const char* split : {"val", "test"}) {
    std::set<int> numbers;
    for (const auto& [name, bytes] : contents(at("v"))) {
      const auto stem = fs::path(name).stem().string();
      if (name.starts_with(std::string("images/") + split + "/")) numbers.insert(std::stoi(stem.substr(6)));
    }
    ASSERT_EQ(numbers.size(), 4u) << split;
    EXPECT_EQ(*numbers.rbegin() - *numbers.begin(), 3) << split;
  }
}

TEST_F(DatasetLayouts, SplitKeepsCopiesTogether) {
  for (int i = 0; i < 12; ++i) {
    const auto path = at("set/images/" + std::to_string(i) + ".png");
    // Three images, four times each.
    put(path, encoded(noise(48, 64, static_cast<uint64_t>(i % 3) + 1), ".png"));
    text("set/labels/" + std::to_string(i) + ".txt", "0 0.5 0.5 0.25 0.5\n");
  }
  text("set/classes.txt", "pear\n");
  const auto made =
      done("dataset split " + at("set") + " --val 0.3 --test 0.3 --together duplicates --out " + at("a"));
  EXPECT_NE(made.output.find("9 images are near duplicates or copies of others; the largest group has 4"),
            std::string::npos)
      << made.output;
  for (const char* split : {"train", "val", "test"}) {
    std::set<std::string> different;
    int64_t count = 0;
    for (const auto& [name, bytes] : contents(at(std::string("a/images/") + split))) {
      different.insert(bytes);
      ++count;
    }
    EXPECT_EQ(different.size(), 1u) << split;
    EXPECT_EQ(count, 4) << split;
  }
}

TEST_F(DatasetLayouts, SplitRefusesInOneLine) {
  write_tiny_dataset(at("set"));
  const std::string data = "dataset split " + at("set") + " --out " + at("new");
  expect_refused(run(data), 2, {"splits train, val", "--split"});
  expect_refused(run(data + " --split train"), 2, {"a split val already", "--val 0"});
  expect_refused(run(data + " --split train --val 0.5 --test 0.6"), 2, {"--val 0.5 --test 0.6"});
  expect_refused(run(data + " --split train --val 0 --test 0"), 2, {"nothing to divide"});
  expect_refused(run(data + " --split val --val 0 --test 0.5"), 2, {"a split train already"});
  EXPECT_FALSE(fs::exists(at("new")));
  done(data + " --split train --val 0 --test 0.25");
  const auto stats = json_of("dataset stats --json " + at("new"));
  EXPECT_EQ(stats["train"]["images"], 3);
  EXPECT_EQ(stats["val"]["images"], 2) << "as it was";
  EXPECT_EQ(stats["test"]["images"], 1);
  expect_refused(run(data + " --split train --val 0 --test 0.25"), 2, {"exists already"});
}

TEST_F(DatasetLayouts, AnUnknownFolderIsShown) {
  image("what/shots/a.jpg");
  text("what/marks/b.txt", "0 0.5 0.5 0.25 0.5\n");
  expect_refused(run("dataset check " + at("what")), 1,
                 {"/what: no data set", "marks/ (1 txt)", "shots/ (1 images)", "'names: [NAME, ...]'",
                  "dataset import"});
}

}  // namespace
}  // namespace focus::test
