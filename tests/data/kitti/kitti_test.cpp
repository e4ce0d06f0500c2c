#include <set>

#include "data/convert_dataset.h"
#include "data/folder/import_dataset.h"
#include "data/opencv/dataset_images.h"
#include "support/folder_contents.h"

namespace {

using namespace focus::test;
using namespace focus::data;
namespace fs = std::filesystem;

std::string kitti_label(const std::string& type, const std::string& corners = "1.5 2 10 18.25") {
  return type + " 0.00 0 -1.57 " + corners + " 1.5 1.6 3.9 -2.7 1.7 3.7 -1.29\n";
}

const std::string kDontCareLine = "DontCare -1 -1 -10 20 10 30 20 -1 -1 -1 -1000 -1000 -1000 -10\n";

class Kitti : public testing::Test {
 protected:
  Kitti() {
    put(folder_ / "training/label_2/000000.txt", kitti_label("Pedestrian") + kDontCareLine);
    put(folder_ / "training/label_2/000001.txt", kitti_label("Car", "0 0 30 20"));
    put(folder_ / "training/label_2/000002.txt", "");
    for (const char* name : {"000000", "000001", "000002"}) {
      put_image(folder_ / "training/image_2" / (std::string(name) + ".png"), 20, 30);
      put(folder_ / "training/calib" / (std::string(name) + ".txt"),
          "P0: 7.2e+02 0 6.1e+02 0 0 7 1 0 0 0 1 0\n");
    }
    // As the archives unpack: numbered from 0 again, and without labels.
    for (const char* name : {"000000", "000001"}) {
      put_image(folder_ / "testing/image_2" / (std::string(name) + ".png"), 24, 36);
    }
  }

  std::string load_error(const std::string& split) const {
    return error_of([&] { load_split(folder_, split); });
  }

  void put_lists() const {
    put(folder_ / "ImageSets/train.txt", "000002\n000000\n");
    put(folder_ / "ImageSets/val.txt", "000001\n");
    put(folder_ / "ImageSets/trainval.txt", "000000\n000001\n000002\n");
    put(folder_ / "ImageSets/test.txt", "000000\n000001\n");
  }

  static std::set<std::string> names_of(const AnnotationStore& store) {
    std::set<std::string> names;
    for (int64_t i = 0; i < store.size(); ++i) names.insert(store.image(i).file_name);
    return names;
  }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "kitti";
};

TEST_F(Kitti, TheArchivesLayoutLoads) {
  EXPECT_EQ(dataset_format(folder_), DatasetFormat::kKitti);
  EXPECT_EQ(splits_of(folder_), std::vector<std::string>{"train"}) << "testing/ has no labels";
  std::vector<std::string> said;
  const auto store = load_split(folder_, "train", {}, [&](const std::string& note) { said.push_back(note); });
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("testing: has no label_2; its images are left out"), std::string::npos) << said[0];
  ASSERT_EQ(store->size(), 3);
  EXPECT_EQ(store->image(1).file_name, "000001.png");
  EXPECT_EQ(store->image(1).size, (focus::nn::ImageSize{20, 30}));
  EXPECT_EQ(store->image_path(1), folder_ / "training/image_2/000001.png");
  ASSERT_EQ(store->categories().size(), 2u) << "sorted, without DontCare";
  EXPECT_EQ(store->categories()[0].name, "Car");
  EXPECT_EQ(store->categories()[1].name, "Pedestrian");
  ASSERT_EQ(store->annotations(1).size(), 1u);
  expect_box(store->annotations(1)[0], 0, 0, 30, 20);
  EXPECT_TRUE(store->annotations(2).empty());
}

TEST_F(Kitti, WhatNobodyLabelledIsACrowdOfEachClass) {
  const auto store = load_split(folder_, "train", {}, [](const std::string&) {});
  const auto boxes = store->annotations(0);
  ASSERT_EQ(boxes.size(), 3u);
  expect_box(boxes[0], 1.5, 2, 8.5, 16.25);
  EXPECT_FALSE(boxes[0].crowd);
  std::set<int64_t> ids{boxes[0].id};
  for (size_t i = 1; i < 3; ++i) {
    EXPECT_TRUE(boxes[i].crowd);
    EXPECT_EQ(boxes[i].label, static_cast<int64_t>(i) - 1);
    expect_box(boxes[i], 20, 10, 10, 10);
    EXPECT_TRUE(ids.insert(boxes[i].id).second);
  }
}

TEST_F(Kitti, ListsDivideAFolder) {
  put_lists();
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val"}))
      << "the test images have no labels";
  const auto said = read_all(folder_, "train").issues;
  expect_issue(said, IssueKind::kLeftOut, "testing", {"has no label_2"});
  const auto train = load_split(folder_, "train", {}, [](const std::string&) {});
  ASSERT_EQ(train->size(), 2);
  EXPECT_EQ(train->image(0).file_name, "000002.png") << "in the list's order";
  EXPECT_TRUE(read_all(folder_, "val").issues.empty()) << "the first split tells what is left out";
  EXPECT_EQ(load_split(folder_, "valid")->size(), 1);
  EXPECT_EQ(load_split(folder_, "val")->categories().size(), 2u) << "classes are those of all";
  expect_said(load_error("test"), {"testing: no label_2", "'test'"});
  expect_said(load_error("mini"), {"no ImageSets/mini.txt", "'mini'"});
  put(folder_ / "ImageSets/mini.txt", "training/image_2/000001.png\n");
  EXPECT_EQ(names_of(*load_split(folder_, "mini")), std::set<std::string>{"000001.png"});
}

TEST_F(Kitti, OneListForBothIsTrain) {
  put(folder_ / "ImageSets/trainval.txt", "000001\n000000\n");
  fs::remove_all(folder_ / "testing");
  const auto read = read_all(folder_, "train");
  EXPECT_EQ(read.split.entries.images.size(), 2u);
  expect_issue(read.issues, IssueKind::kLeftOut, "label_2", {"1 label files are in no list", "000002.txt"});
}

TEST_F(Kitti, TestImagesWithLabelsAreASplit) {
  put_lists();
  put(folder_ / "testing/label_2/000000.txt", kitti_label("Van"));
  put(folder_ / "testing/label_2/000001.txt", "");
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val", "test"}));
  const auto test = load_split(folder_, "test");
  EXPECT_EQ(test->image(0).size, (focus::nn::ImageSize{24, 36})) << "of testing/";
  ASSERT_EQ(test->categories().size(), 3u);
  EXPECT_EQ(test->categories()[static_cast<size_t>(test->annotations(0)[0].label)].name, "Van");
}

TEST_F(Kitti, FoldersOfEverySplit) {
  const auto folder = temporary_.path() / "folders";
  for (const char* split : {"train", "valid", "test"}) {
    put(folder / split / "label_2/a.txt", kitti_label("Car", "1 2 3 4"));
    put_image(folder / split / "image_2/a.jpg", 20, 30);
  }
  EXPECT_EQ(splits_of(folder), (std::vector<std::string>{"train", "val", "test"}));
  for (const char* split : {"train", "val", "test"}) {
    EXPECT_EQ(load_split(folder, split)->size(), 1);
    EXPECT_TRUE(read_all(folder, split).issues.empty());
  }
  fs::rename(folder / "valid", folder / "training");
  expect_said(error_of([&] { load_split(folder, "train"); }), {"/train", "/training", "could both be"});
}

TEST_F(Kitti, OnePartIsAllThereIs) {
  const auto said = read_all(folder_ / "training", "train");
  EXPECT_EQ(said.split.entries.images.size(), 3u);
  EXPECT_TRUE(said.issues.empty());
  fs::rename(folder_ / "training", folder_ / "default");
  fs::remove_all(folder_ / "testing");
  EXPECT_EQ(splits_of(folder_), std::vector<std::string>{"train"});
  EXPECT_EQ(load_split(temporary_.path(), "train")->size(), 3) << "from the folder above";
}

TEST_F(Kitti, FaultsAreNamedByFileAndLine) {
  fs::remove_all(folder_ / "testing");
  put(folder_ / "training/label_2/000001.txt", kitti_label("Car") + "Car 0 0 0 1 2 3\n");
  expect_said(load_error("train"),
              {"training/label_2/000001.txt:2: 15 columns expected", "found 7", "focus-detr dataset check"});
  put(folder_ / "training/label_2/000001.txt", kitti_label("Car"));
  put_image(folder_ / "training/image_2/000001.jpg", 20, 30);
  expect_issue(read_all(folder_, "train").issues, IssueKind::kAmbiguousImage, "label_2/000001.txt",
               {"000001.jpg", "000001.png", "remove or rename one"});
  fs::remove(folder_ / "training/image_2/000001.jpg");
  fs::remove(folder_ / "training/image_2/000001.png");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kMissingImage, "label_2/000001.txt",
               {"no image 000001.jpg"});
  fs::remove(folder_ / "training/label_2/000001.txt");
  put_image(folder_ / "training/image_2/000009.png", 20, 30);
  expect_issue(read_all(folder_, "train").issues, IssueKind::kLeftOut, "image_2",
               {"1 images have no label file", "000009.png"});
  put(folder_ / "ImageSets/train.txt", "../../secret\n");
  put(folder_ / "ImageSets/val.txt", "\n");
  const auto listed = read_all(folder_, "train").issues;
  ASSERT_FALSE(listed.empty());
  EXPECT_EQ(listed[0].kind, IssueKind::kBadLine);
  EXPECT_TRUE(listed[0].entry.ends_with("ImageSets/train.txt:1")) << listed[0].entry;
  expect_said(load_error("val"), {"ImageSets/val.txt", "lists no image"});
}

TEST_F(Kitti, ScoresAreSaid) {
  fs::remove_all(folder_ / "testing");
  put(folder_ / "training/label_2/000001.txt", "Car 0 0 0 1 2 3 5 1 1 1 1 1 1 1 0.9\n");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kScored, "label_2",
               {"1 annotation files have a score", "000001.txt", "a model's detections?"});
}

TEST_F(Kitti, AListOfClassesGivesTheirOrder) {
  put(folder_ / "labels.txt", "Pedestrian\nCar\nTram\n");
  EXPECT_EQ(load_split(folder_, "train", {}, [](const std::string&) {})->categories()[2].name, "Tram");
  put(folder_ / "labels.txt", "Pedestrian\n");
  expect_said(load_error("train"), {"000001.png", "'Car'", "labels.txt does not list"});
}

TEST_F(Kitti, ThroughCocoAndBack) {
  put_lists();
  const auto coco = temporary_.path() / "coco", back = temporary_.path() / "back";
  convert_dataset(folder_, coco, {.to = DatasetFormat::kCoco});
  const auto written = convert_dataset(coco, back, {.to = DatasetFormat::kKitti});
  EXPECT_EQ(written.boxes.crowds_of_any_class, 0) << "it was one of every class";
  EXPECT_EQ(written.boxes.classes_renamed, 0);
  const auto files = contents(back);
  EXPECT_EQ(files.at("training/label_2/000000.txt"),
            "Pedestrian -1 -1 -10 1.5 2 10 18.25 -1 -1 -1 -1000 -1000 -1000 -10\n" + kDontCareLine);
  EXPECT_EQ(files.at("training/label_2/000002.txt"), "");
  EXPECT_EQ(files.at("ImageSets/train.txt"), "000002\n000000\n");
  EXPECT_EQ(files.at("ImageSets/val.txt"), "000001\n");
  EXPECT_EQ(files.at("labels.txt"), "Car\nPedestrian\n");
  EXPECT_TRUE(files.contains("training/image_2/000001.png"));
  EXPECT_EQ(dataset_format(back), DatasetFormat::kKitti);
  const auto before = load_split(folder_, "train", {}, [](const std::string&) {}),
             after = load_split(back, "train");
  for (int64_t i = 0; i < before->size(); ++i) {
    const auto one = before->annotations(i), other = after->annotations(i);
    ASSERT_EQ(one.size(), other.size());
    for (size_t k = 0; k < one.size(); ++k) {
      EXPECT_EQ(one[k].label, other[k].label);
      EXPECT_EQ(one[k].crowd, other[k].crowd);
      expect_box(other[k], one[k].x, one[k].y, one[k].width, one[k].height, 1e-6);
    }
  }
}

TEST_F(Kitti, WhatItCannotHoldIsCounted) {
  const auto coco = temporary_.path() / "coco";
  put_image(coco / "images/train/a.png", 20, 30);
  put_image(coco / "images/test/a.png", 20, 30);
  const auto annotations = [](const std::string& second) {
    return R"({"images": [{"id": 1, "file_name": "a.png", "width": 30, "height": 20}], "annotations": [
      {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 1},
      {"id": 2, "image_id": 1, "category_id": 2, "bbox": [20, 5, 20, 4]},
      {"id": 3, "image_id": 1, "category_id": 2, "bbox": [5, 5, 0, 4]}],
      "categories": [{"id": 1, "name": "traffic light"}, {"id": 2, "name": ")" +
           second + R"("}]})";
  };
  for (const char* split : {"train", "test"}) {
    put(coco / "annotations" / ("instances_" + std::string(split) + ".json"), annotations("dog"));
  }
  const auto out = temporary_.path() / "out";
  const auto written = convert_dataset(coco, out, {.to = DatasetFormat::kKitti}).boxes;
  EXPECT_EQ(written.crowds_of_any_class, 2);
  EXPECT_EQ(written.classes_renamed, 1);
  EXPECT_EQ(written.clipped, 2);
  EXPECT_EQ(written.nothing_left, 2);
  EXPECT_EQ(written.written, 4);
  const auto files = contents(out);
  EXPECT_TRUE(files.contains("testing/image_2/a.png")) << "a folder of its own, so that the name is kept";
  EXPECT_TRUE(files.at("training/label_2/a.txt").starts_with("DontCare -1 -1 -10 1 2 4 6 -1"))
      << files.at("training/label_2/a.txt");
  EXPECT_EQ(load_split(out, "test")->categories()[0].name, "traffic_light");
  for (const char* split : {"train", "test"}) {
    put(coco / "annotations" / ("instances_" + std::string(split) + ".json"), annotations("traffic_light"));
  }
  expect_said(
      error_of([&] { convert_dataset(coco, temporary_.path() / "none", {.to = DatasetFormat::kKitti}); }),
      {"'traffic light' and 'traffic_light' would both be 'traffic_light'"});
  EXPECT_FALSE(fs::exists(temporary_.path() / "none"));
}

TEST_F(Kitti, LabelsLieAnywhere) {
  const auto loose = temporary_.path() / "loose";
  fs::create_directories(loose);
  fs::rename(folder_ / "training/image_2", loose / "left");
  fs::rename(folder_ / "training/label_2", loose / "truth");
  EXPECT_EQ(dataset_format(loose), DatasetFormat::kKitti);
  const auto store = load_split(loose, "train");
  EXPECT_EQ(names_of(*store), (std::set<std::string>{"000000.png", "000001.png", "000002.png"}));
  EXPECT_EQ(store->categories().size(), 2u);
  std::vector<std::string> said;
  const auto summary =
      import_dataset({.images = loose / "left", .annotations = loose / "truth"},
                     temporary_.path() / "imported", [&](const std::string& note) { said.push_back(note); });
  EXPECT_EQ(summary.format, DatasetFormat::kKitti);
  EXPECT_EQ(summary.written.images, 3);
  EXPECT_EQ(summary.classes, 2);
  EXPECT_TRUE(said.empty());
  put(loose / "truth/000001.txt", "Car 0 0 0 1 2 3\n");
  expect_said(error_of([&] { load_split(loose, "train"); }), {"truth/000001.txt:1: 15 columns expected"});
}

TEST_F(Kitti, ImportTakesTheImagesOfTheLeftCamera) {
  fs::copy(folder_ / "training/image_2", folder_ / "training/image_3");
  const auto summary = import_dataset({.images = folder_, .annotations = folder_ / "training"},
                                      temporary_.path() / "imported", [](const std::string&) {});
  EXPECT_EQ(summary.written.images, 3);
  const auto store = load_split(temporary_.path() / "imported", "train");
  EXPECT_EQ(store->image(0).size, (focus::nn::ImageSize{20, 30})) << "not of testing/";
}

}  // namespace
