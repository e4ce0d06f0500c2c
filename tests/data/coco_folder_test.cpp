#include "data/coco_folder.h"

#include <gtest/gtest.h>

#include "data/opencv/dataset_pictures.h"
#include "data/temporary_folder.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::put;
using test::put_picture;

constexpr const char* kOneBox = R"({"images": [{"id": 3, "file_name": "a.jpg", "width": 20, "height": 10}],
  "categories": [{"id": 0, "name": "fruit"}, {"id": 1, "name": "pear"}],
  "annotations": [{"id": 1, "image_id": 3, "category_id": 1, "bbox": [2, 3, 4, 5]}]})";

class CocoFolder : public testing::Test {
 protected:
  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(CocoFolder, AnnotationsMayLieBesidePictures) {
  for (const char* split : {"train", "valid", "test"}) {
    put(folder_ / split / "_annotations.coco.json", kOneBox);
    put_picture(folder_ / split / "a.jpg", 10, 20);
  }
  EXPECT_EQ(dataset_format(folder_), DatasetFormat::kCoco);
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val", "test"}));
  EXPECT_EQ(find_coco_split(folder_, "val").images, folder_ / "valid");
  EXPECT_EQ(find_coco_split(folder_, "valid").images, folder_ / "valid");
  const auto store = load_split(folder_, "val");
  ASSERT_EQ(store->size(), 1);
  EXPECT_EQ(store->categories()[static_cast<size_t>(store->annotations(0)[0].label)].name, "pear");
  EXPECT_TRUE(fs::exists(store->image_path(0))) << store->image_path(0);
}

TEST_F(CocoFolder, CocosOwnFoldersHaveAYear) {
  put(folder_ / "annotations" / "instances_val2017.json", kOneBox);
  put_picture(folder_ / "val2017" / "a.jpg", 10, 20);
  EXPECT_EQ(find_coco_split(folder_, "val").images, folder_ / "val2017");
}

TEST_F(CocoFolder, WhatIsMissingIsNamed) {
  put(folder_ / "annotations" / "instances_val.json", kOneBox);
  EXPECT_NE(error_of([&] { find_coco_split(folder_, "val"); }).find("/images/val or "), std::string::npos);
  const auto error = error_of([&] { find_coco_split(folder_, "train"); });
  EXPECT_NE(error.find("no annotations/instances_train.json nor train/_annotations.coco.json"),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace focus::data
