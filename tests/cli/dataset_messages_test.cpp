// What the subcommands under `dataset` say of what they cannot use, and of what a data set leaves out.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "data/opencv/dataset_images.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLine = "0 0.5 0.5 0.2 0.4\n";

class DatasetMessages : public testing::Test {
 protected:
  void labelled(const std::string& split, const std::string& name, const std::string& labels = kLine) {
    put(folder_ / "images" / split / (name + ".png"), encoded(noise(10, 12, ++seed_), ".png"));
    put(folder_ / "labels" / split / (name + ".txt"), labels);
  }

  void yaml(const std::string& text) { put(folder_ / "data.yaml", text + "names: [cat, dog]\n"); }

  std::string out(const std::string& name) const { return (temporary_.path() / name).string(); }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "set";
  uint64_t seed_ = 0;
};

void expect_words(const Outcome& outcome, int code, std::initializer_list<std::string> words) {
  EXPECT_EQ(outcome.code, code) << outcome.output;
  for (const auto& word : words) {
    EXPECT_NE(outcome.output.find(word), std::string::npos) << outcome.output << "\nlacks " << word;
  }
}

TEST_F(DatasetMessages, WhatIsNotThereIsCalledSo) {
  expect_words(run("dataset check " + out("nope")), 1,
               {"no such file or folder", "data.yaml", "COCO annotation file"});
  expect_words(run("dataset foo"), 2,
               {"'foo' is not a subcommand of `focus-detr dataset`", "check", "split"});
  expect_words(run("fro"), 2, {"'fro' is not a subcommand of `focus-detr`", "train", "dataset"});
  put(temporary_.path() / "set.zip", std::string("PK\3\4", 4) + std::string(60, 'x'));
  for (const auto& subcommand :
       {std::string("check "), std::string("stats "), "split --out " + out("o") + " ",
        "convert --to coco --out " + out("o") + " --data "}) {
    expect_words(run("dataset " + subcommand + out("set.zip")), 1, {"set.zip", "ZIP archive", "unpack"});
  }
}

TEST_F(DatasetMessages, EmptySplitNamesAreRefused) {
  yaml("train: images/train\n");
  labelled("train", "a");
  for (const auto& subcommand :
       {std::string("check "), std::string("stats "), "split --out " + out("o") + " "}) {
    expect_words(run("dataset " + subcommand + folder_.string() + " --split ''"), 2, {"--split", "empty"});
  }
  expect_words(run("dataset convert --to coco --out " + out("o") + " --splits '' --data " + folder_.string()),
               2, {"--splits"});
}

TEST_F(DatasetMessages, SplitsThatShareImagesAreSaid) {
  yaml("train: images/train\nval: images/train\n");
  labelled("train", "a");
  labelled("train", "b");
  expect_words(run("dataset check " + folder_.string()), 0,
               {"images in several splits", "2 of its 2 images are in split train, too", "a.png"});
  yaml("train: images/train\nval: images/val\n");
  labelled("val", "c");
  EXPECT_EQ(run("dataset check " + folder_.string()).output.find("several splits"), std::string::npos);
  fs::copy_file(folder_ / "images/train/a.png", folder_ / "images/val/other.png");
  expect_words(run("dataset check " + folder_.string()), 0,
               {"1 of its 2 images", "other.png, which is ", "train/a.png"});
}

TEST_F(DatasetMessages, AnEmptySplitIsAnError) {
  yaml("train: images/train\nval: val.txt\n");
  labelled("train", "a");
  put(folder_ / "val.txt", "\n");
  expect_words(run("dataset check " + folder_.string()), 1,
               {"split without an image: 1", "val.txt", "lists no image"});
  expect_words(run("dataset convert --to coco --out " + out("o") + " --data " + folder_.string()), 1,
               {"val.txt"});
  EXPECT_FALSE(fs::exists(out("o")));
}

TEST_F(DatasetMessages, TwoFilesOfOneSplitAreNamedWithWhatToDo) {
  put(folder_ / "images/a.png", encoded(noise(10, 12), ".png"));
  for (const std::string name : {"one.json", "two.json"}) {
    put(folder_ / name, R"({"images": [{"id": 1, "file_name": "a.png", "width": 12, "height": 10}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4]}],
      "categories": [{"id": 1, "name": "cat"}]})");
  }
  expect_words(run("dataset check " + folder_.string()), 1,
               {"one.json", "two.json", "dataset import --images " + folder_.string() + " --annotations"});
  // The command that is named works.
  expect_words(run("dataset import --images " + folder_.string() + " --annotations " +
                   (folder_ / "one.json").string() + " --out " + out("imported")),
               0, {"1 images with 1 boxes"});
}

TEST_F(DatasetMessages, WhatToDivideIsNamedAsItCanBe) {
  yaml("train: images/train\ntest: images/test\n");
  for (const std::string name : {"a", "b", "c", "d"}) {
    labelled("train", name);
    labelled("test", name + "t");
  }
  const auto command = "dataset split " + folder_.string() + " --out " + out("o");
  expect_words(run(command + " --split nope"), 2, {"no split 'nope'", "train, test"});
  const auto other = run(command + " --split test --test 0");
  expect_words(other, 2, {"a split train already", "--split train"});
  EXPECT_EQ(other.output.find("--train"), std::string::npos) << other.output;
  expect_words(run(command + " --split train --test 0 --val 0.25"), 0, {"train", "val", "test"});
}

TEST_F(DatasetMessages, WholeVideosWhereTheyFit) {
  yaml("train: images/train\n");
  for (const std::string video : {"x", "y", "z"}) {
    for (int frame = 1; frame <= 6; ++frame) labelled("train", video + "_" + std::to_string(frame));
  }
  const auto command = "dataset split " + folder_.string() + " --test 0 --together videos --transfer none ";
  const auto whole = run(command + "--val 0.33 --out " + out("whole"));
  expect_words(whole, 0,
               {"3 sequences", "train 12 of 18 images (66.7 %, requested 67.0 %)", "val 6 of 18 images"});
  EXPECT_EQ(whole.output.find("were cut"), std::string::npos) << whole.output;
  expect_words(run(command + "--val 0.1 --out " + out("cut")), 0, {"were cut", "val 2 of 18 images"});
}

TEST_F(DatasetMessages, TestImagesThatAreNotThereAreAWarning) {
  yaml("train: images/train\nval: images/val\ntest: images/test\n");
  labelled("train", "a");
  labelled("val", "b");
  const auto data = folder_.string();
  for (const auto& command :
       {"check " + data, "stats " + data, "convert --data " + data + " --to coco --out " + out("o")}) {
    expect_words(run("dataset " + command), 0,
                 {"'test' in line 3 names 'images/test', which does not exist"});
  }
  expect_words(run("dataset check --split test " + data), 1, {"'test' names 'images/test'"});
}

TEST_F(DatasetMessages, PlainImagesAreAllDuplicates) {
  yaml("train: images/train\n");
  for (int i = 0; i < 20; ++i) {
    const std::string name = std::string("n") + static_cast<char>('a' + i);
    labelled("train", name);
    const cv::Mat plain(10, 12, CV_8UC3, cv::Scalar(i * 12, 255 - i * 11, i * 5));
    put(folder_ / "images/train" / (name + ".png"), encoded(plain, ".png"));
  }
  for (const std::string together : {"duplicates", "duplicates,videos"}) {
    expect_words(
        run("dataset split " + folder_.string() + " --together " + together + " --out " + out("plain")), 2,
        {"1 group of images for 3 parts", "all 20 images count as duplicates of one another"});
  }
}

TEST_F(DatasetMessages, TheOnlyImageOfAClassStaysInTrain) {
  yaml("train: images/train\n");
  for (const std::string name : {"a", "b", "c", "d", "e", "f"}) labelled("train", name);
  labelled("train", "only", std::string(kLine) + "1 0.5 0.5 0.2 0.4\n");
  for (const std::string seed : {"0", "1", "2"}) {
    expect_words(run("dataset split " + folder_.string() + " --val 0.6 --test 0 --seed " + seed + " --out " +
                     out(seed)),
                 0, {"the only image of class 'dog' stays in train"});
  }
}

}  // namespace
}  // namespace focus::test
