#include "data/coco/coco_folder.h"

#include <gtest/gtest.h>

#include "data/opencv/dataset_images.h"
#include "support/temporary_folder.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::put;
using test::put_image;
using test::read_all;

constexpr const char* kOneBox = R"({"images": [{"id": 3, "file_name": "a.jpg", "width": 20, "height": 10}],
  "categories": [{"id": 0, "name": "fruit"}, {"id": 1, "name": "pear"}],
  "annotations": [{"id": 1, "image_id": 3, "category_id": 1, "bbox": [2, 3, 4, 5]}]})";

class CocoFolder : public testing::Test {
 protected:
  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(CocoFolder, AnnotationsMayLieBesideImages) {
  for (const char* split : {"train", "valid", "test"}) {
    put(folder_ / split / "_annotations.coco.json", kOneBox);
    put_image(folder_ / split / "a.jpg", 10, 20);
  }
  EXPECT_EQ(dataset_format(folder_), DatasetFormat::kCoco);
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val", "test"}));
  EXPECT_EQ(read_all(folder_, "val").split.image_dir, folder_ / "valid");
  EXPECT_EQ(read_all(folder_, "valid").split.image_dir, folder_ / "valid");
  const auto store = load_split(folder_, "val");
  ASSERT_EQ(store->size(), 1);
  EXPECT_EQ(store->categories()[static_cast<size_t>(store->annotations(0)[0].label)].name, "pear");
  EXPECT_TRUE(fs::exists(store->image_path(0))) << store->image_path(0);
}

TEST_F(CocoFolder, CocosOwnFoldersHaveAYear) {
  put(folder_ / "annotations" / "instances_val2017.json", kOneBox);
  put_image(folder_ / "val2017" / "a.jpg", 10, 20);
  EXPECT_EQ(read_all(folder_, "val").split.image_dir, folder_ / "val2017");
}

std::string one_box(const std::string& file_name) {
  std::string text = kOneBox;
  return text.replace(text.find("a.jpg"), 5, file_name);
}

TEST_F(CocoFolder, NamesOfOtherMachinesAreFound) {
  struct Case {
    const char *stated, *image, *found;
  };
  for (const auto& [stated, image, found] :
       {Case{R"(cam1\\a.jpg)", "images/cam1/a.jpg", "images/cam1/a.jpg"},
        Case{R"(images\\a.jpg)", "images/a.jpg", "images/a.jpg"},
        Case{R"(images\/a.jpg)", "images/a.jpg", "images/a.jpg"},
        Case{R"(..\\photographs\\a.jpg)", "photographs/a.jpg", "photographs/a.jpg"},
        Case{R"(C:\\work\\set\\cam1\\a.jpg)", "images/train/cam1/a.jpg", "images/train/cam1/a.jpg"},
        Case{"/home/ann/set/images/a.jpg", "images/train/a.jpg", "images/train/a.jpg"},
        Case{"./a.jpg", "data/a.jpg", "data/a.jpg"},
        Case{"a.jpg", "somewhere/else/A.JPG", "somewhere/else/A.JPG"}}) {
    const test::TemporaryFolder folder;
    put(folder.path() / "annotations" / "instances_train.json", one_box(stated));
    put_image(folder.path() / image, 10, 20);
    const auto store = load_split(folder.path(), "train");
    EXPECT_TRUE(fs::equivalent(store->image_path(0), folder.path() / found))
        << stated << ": " << store->image_path(0);
  }
}

TEST_F(CocoFolder, TwoNamesNeverMeanOneFile) {
  put(folder_ / "annotations" / "instances_train.json",
      R"({"images": [{"id": 1, "file_name": "cam1\\a.jpg", "width": 20, "height": 10},
                     {"id": 2, "file_name": "cam2\\a.jpg", "width": 20, "height": 10}],
          "categories": [{"id": 1, "name": "pear"}], "annotations": []})");
  put_image(folder_ / "images" / "a.jpg", 10, 20);
  const auto read = read_all(folder_, "train");
  for (const auto& image : read.split.entries.images) {
    EXPECT_FALSE(fs::exists(read.split.image_dir / image.file_name)) << image.file_name;
  }
}

TEST_F(CocoFolder, AMissingImageIsNotTakenFromAnotherFolder) {
  put(folder_ / "annotations" / "instances_train.json", one_box("cam1/a.jpg"));
  put_image(folder_ / "images" / "cam2" / "a.jpg", 10, 20);
  put_image(folder_ / "images" / "a.jpg", 10, 20);
  put_image(folder_ / "images" / "cam1" / "b.jpg", 10, 20);
  EXPECT_FALSE(fs::exists(load_split(folder_, "train")->image_path(0)));
}

TEST_F(CocoFolder, AMissingImageIsNotTakenFromAnotherSplit) {
  put(folder_ / "annotations" / "instances_train.json",
      R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 20, "height": 10},
                     {"id": 2, "file_name": "b.jpg", "width": 20, "height": 10}],
          "categories": [{"id": 1, "name": "pear"}], "annotations": []})");
  put_image(folder_ / "images" / "val" / "a.jpg", 10, 20);
  put_image(folder_ / "images" / "val" / "b.jpg", 10, 20);
  EXPECT_FALSE(fs::exists(load_split(folder_, "train")->image_path(0)));
  put_image(folder_ / "somewhere" / "a.jpg", 10, 20);
  const auto read = read_all(folder_, "train").split;
  EXPECT_TRUE(fs::exists(read.image_dir / read.entries.images[0].file_name));
  EXPECT_FALSE(fs::exists(read.image_dir / read.entries.images[1].file_name))
      << read.image_dir / read.entries.images[1].file_name;
}

TEST_F(CocoFolder, ADataSetThatNobodyDividedIsForTraining) {
  put(folder_ / "annotations" / "instances_default.json", kOneBox);
  put_image(folder_ / "images" / "default" / "a.jpg", 10, 20);
  EXPECT_EQ(splits_of(folder_), std::vector<std::string>{"train"});
  EXPECT_EQ(load_split(folder_, "train")->image_dir(), folder_ / "images" / "default");
  put(folder_ / "annotations" / "instances_Validation.json", kOneBox);
  put_image(folder_ / "images" / "Validation" / "a.jpg", 10, 20);
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val"}));
}

TEST_F(CocoFolder, WhatIsMissingIsNamed) {
  put(folder_ / "annotations" / "instances_val.json", kOneBox);
  EXPECT_NE(error_of([&] { read_all(folder_, "val"); }).find("/images/val or "), std::string::npos);
  const auto error = error_of([&] { coco_annotations(folder_, "train"); });
  EXPECT_NE(error.find("no annotations/instances_train.json nor train/_annotations.coco.json"),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace focus::data
