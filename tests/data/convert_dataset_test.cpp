#include "data/convert_dataset.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "data/opencv/dataset_images.h"
#include "support/folder_contents.h"

namespace {

using namespace focus::test;
using namespace focus::data;
using namespace focus::images;
namespace fs = std::filesystem;
using nlohmann::json;

/// What an image of a split has, by the image's name without its ending.
struct Objects {
  focus::nn::ImageSize size;
  std::vector<std::pair<std::string, Annotation>> boxes;
};

std::map<std::string, Objects> objects_in(const fs::path& dataset, const std::string& split) {
  const auto store = load_split(dataset, split);
  std::map<std::string, Objects> images;
  for (int64_t i = 0; i < store->size(); ++i) {
    EXPECT_TRUE(fs::is_regular_file(store->image_path(i))) << store->image_path(i);
    auto& image = images[fs::path(store->image(i).file_name).stem().string()];
    image.size = store->image(i).size;
    for (const auto& box : store->annotations(i)) {
      image.boxes.emplace_back(store->categories()[static_cast<size_t>(box.label)].name, box);
    }
  }
  return images;
}

class ConvertDataset : public testing::Test {
 protected:
  ConvertDataset() {
    for (const std::string split : {"train", "val"}) {
      for (const std::string name : {"a.png", "b.jpg"}) {
        put_image(source_ / "images" / split / name, 60, 80);
      }
      put_annotations(
          split, {{{"id", 1}, {"image_id", 7}, {"category_id", 90}, {"bbox", {1.25, 2.5, 30.5, 40}}},
                  {{"id", 2}, {"image_id", 7}, {"category_id", 3}, {"bbox", {0, 0, 80, 60}}, {"area", 99.5}},
                  {{"id", 3}, {"image_id", 9}, {"category_id", 3}, {"bbox", {79.9, 10, 0.1, 0.2}}}});
    }
  }

  void put_annotations(const std::string& split, const json& boxes, const json& classes = kClasses) const {
    put(source_ / "annotations" / ("instances_" + split + ".json"),
        json{{"images",
              {{{"id", 7}, {"file_name", "a.png"}, {"width", 80}, {"height", 60}},
               {{"id", 9}, {"file_name", "b.jpg"}, {"width", 80}, {"height", 60}}}},
             {"annotations", boxes},
             {"categories", classes}}
            .dump());
  }

  ConvertSummary convert(const fs::path& from, const std::string& to, ConvertOptions options) const {
    return convert_dataset(from, temporary_.path() / to, options);
  }

  // Boxes of both data sets differ by at most `tolerance` pixels at each edge.
  static void expect_near(const fs::path& a, const fs::path& b, double tolerance) {
    for (const std::string split : {"train", "val"}) {
      const auto from = objects_in(a, split), to = objects_in(b, split);
      ASSERT_EQ(from.size(), to.size());
      for (const auto& [name, image] : from) {
        SCOPED_TRACE(split + "/" + name);
        ASSERT_TRUE(to.contains(name));
        EXPECT_EQ(image.size, to.at(name).size);
        ASSERT_EQ(image.boxes.size(), to.at(name).boxes.size());
        for (size_t i = 0; i < image.boxes.size(); ++i) {
          EXPECT_EQ(image.boxes[i].first, to.at(name).boxes[i].first);
          const auto &one = image.boxes[i].second, &other = to.at(name).boxes[i].second;
          EXPECT_NEAR(one.x, other.x, tolerance);
          EXPECT_NEAR(one.y, other.y, tolerance);
          EXPECT_NEAR(one.x + one.width, other.x + other.width, tolerance);
          EXPECT_NEAR(one.y + one.height, other.y + other.height, tolerance);
        }
      }
    }
  }

  static inline const json kClasses{{{"id", 90}, {"name", "tooth brush"}},
                                    {{"id", 3}, {"name", "<car> & \"é\""}}};
  TemporaryFolder temporary_;
  fs::path source_ = temporary_.path() / "source";
  fs::path path(const std::string& name) const { return temporary_.path() / name; }
};

TEST_F(ConvertDataset, ThroughYoloAndBack) {
  const auto there = convert(source_, "yolo", {.to = DatasetFormat::kYolo});
  EXPECT_EQ(dataset_format(path("yolo")), DatasetFormat::kYolo);
  EXPECT_EQ(there.splits, (std::vector<std::string>{"train", "val"}));
  EXPECT_EQ(there.images, 4);
  EXPECT_EQ(there.boxes.written, 6);
  EXPECT_EQ(there.boxes.areas_lost, 2);
  EXPECT_EQ(there.boxes.clipped, 0);
  expect_near(source_, path("yolo"), 1e-6);
  convert(path("yolo"), "coco", {.to = DatasetFormat::kCoco});
  EXPECT_EQ(dataset_format(path("coco")), DatasetFormat::kCoco);
  expect_near(source_, path("coco"), 1e-5);
}

TEST_F(ConvertDataset, ThroughVocAndBack) {
  // Pascal VOC keeps all images in one folder: the names of the two splits collide, so train alone.
  const auto there = convert(source_, "voc", {.to = DatasetFormat::kVoc, .splits = {"train"}});
  EXPECT_EQ(there.boxes.rounded, 2);
  EXPECT_EQ(dataset_format(path("voc")), DatasetFormat::kVoc);
  convert(path("voc"), "coco", {.to = DatasetFormat::kCoco});
  const auto before = objects_in(source_, "train"), after = objects_in(path("coco"), "train");
  for (const auto& name : {"a", "b"}) {
    ASSERT_EQ(after.at(name).boxes.size(), before.at(name).boxes.size());
    EXPECT_EQ(after.at(name).size, before.at(name).size);
  }
  EXPECT_EQ(after.at("a").boxes[0].first, "tooth brush");
  expect_box(after.at("a").boxes[0].second, 1, 3, 31, 40);
  expect_box(after.at("a").boxes[1].second, 0, 0, 80, 60);
  expect_box(after.at("b").boxes[0].second, 79, 10, 1, 1);
  EXPECT_EQ(load_split(path("coco"), "train")->categories()[0].name, "<car> & \"é\"")
      << "labels.txt keeps order";
}

TEST_F(ConvertDataset, WholePixelsSurviveVoc) {
  for (const std::string split : {"train", "val"}) {
    put_annotations(split, {{{"id", 1}, {"image_id", 7}, {"category_id", 90}, {"bbox", {1, 2, 30, 40}}},
                            {{"id", 2}, {"image_id", 7}, {"category_id", 3}, {"bbox", {79, 59, 1, 1}}}});
    const auto there = convert(source_, "voc-" + split, {.to = DatasetFormat::kVoc, .splits = {split}});
    EXPECT_EQ(there.boxes.rounded, 0);
    const auto after = objects_in(path("voc-" + split), split).at("a").boxes;
    expect_box(after.at(0).second, 1, 2, 30, 40);
    expect_box(after.at(1).second, 79, 59, 1, 1);
  }
}

TEST_F(ConvertDataset, VocToYoloAndBack) {
  convert(source_, "voc", {.to = DatasetFormat::kVoc});
  EXPECT_EQ(load_split(path("voc"), "val")->image(0).file_name, "a-1.png") << "the second of that name";
  convert(path("voc"), "yolo", {.to = DatasetFormat::kYolo});
  convert(path("yolo"), "voc2", {.to = DatasetFormat::kVoc});
  expect_near(path("voc"), path("yolo"), 1e-6);
  expect_near(path("voc"), path("voc2"), 1e-9);
  EXPECT_EQ(contents(path("voc") / "Annotations"), contents(path("voc2") / "Annotations"));
}

TEST_F(ConvertDataset, CocoKeepsItsIds) {
  convert(source_, "coco", {.to = DatasetFormat::kCoco});
  const auto before = load_split(source_, "train"), after = load_split(path("coco"), "train");
  EXPECT_EQ(after->categories()[1].id, 90);
  EXPECT_EQ(after->image(1).id, before->image(1).id);
  EXPECT_EQ(after->annotations(0)[1].id, 2);
  EXPECT_EQ(after->annotations(0)[1].area, 99.5);
}

TEST_F(ConvertDataset, WhatAFormatCannotHoldIsCounted) {
  put_annotations(
      "train", {{{"id", 1}, {"image_id", 7}, {"category_id", 90}, {"bbox", {1, 2, 30, 40}}, {"iscrowd", 1}},
                {{"id", 2}, {"image_id", 7}, {"category_id", 3}, {"bbox", {70, 50, 20, 20}}},
                {{"id", 3}, {"image_id", 9}, {"category_id", 3}, {"bbox", {5, 5, 0, 10}}},
                {{"id", 4}, {"image_id", 9}, {"category_id", 3}, {"bbox", {100, 5, 10, 10}}}});
  const auto yolo = convert(source_, "yolo", {.to = DatasetFormat::kYolo, .splits = {"train"}}).boxes;
  EXPECT_EQ(yolo.written, 1);
  EXPECT_EQ(yolo.crowds_left_out, 1);
  EXPECT_EQ(yolo.clipped, 1);
  EXPECT_EQ(yolo.nothing_left, 2);
  expect_box(objects_in(path("yolo"), "train").at("a").boxes.at(0).second, 70, 50, 10, 10, 1e-6);
  const auto voc = convert(source_, "voc", {.to = DatasetFormat::kVoc, .splits = {"train"}}).boxes;
  EXPECT_EQ(voc.written, 2);
  EXPECT_EQ(voc.crowds_left_out, 0);
  EXPECT_TRUE(objects_in(path("voc"), "train").at("a").boxes.at(0).second.crowd) << "as difficult";
}

TEST_F(ConvertDataset, ImagesAreLinkedCopiedOrLeft) {
  convert(source_, "linked", {.to = DatasetFormat::kYolo});
  EXPECT_TRUE(fs::equivalent(source_ / "images/train/a.png", path("linked") / "images/train/a.png"));
  convert(source_, "copied", {.to = DatasetFormat::kYolo, .transfer = ImageTransfer::kCopy});
  EXPECT_FALSE(fs::equivalent(source_ / "images/train/a.png", path("copied") / "images/train/a.png"));
  EXPECT_EQ(contents(path("copied")), contents(path("linked")));
  convert(source_, "none", {.to = DatasetFormat::kYolo, .transfer = ImageTransfer::kNone});
  EXPECT_EQ(contents(path("none")).count("images/train/a.png"), 0u);
  EXPECT_EQ(contents(path("none")).count("labels/train/a.txt"), 1u);
}

TEST_F(ConvertDataset, NamesThatCollideOrHide) {
  const fs::path yolo = path("odd");
  put(yolo / "data.yaml", "train: images\nnames: [cat]\n");
  for (const auto* name : {"a.png", "a.jpg", "deep/a.png", "images/b.png"})
    put_image(yolo / "images" / name, 20, 20);
  put(yolo / "labels/a.txt", "0 0.5 0.5 0.5 0.5");
  convert(yolo, "flat", {.to = DatasetFormat::kYolo});
  const auto store = load_split(path("flat"), "train");
  std::set<std::string> names;
  int64_t boxes = 0;
  for (int64_t i = 0; i < store->size(); ++i) {
    names.insert(fs::path(store->image(i).file_name).stem().string());
    boxes += std::ssize(store->annotations(i));
  }
  EXPECT_EQ(names, (std::set<std::string>{"a", "a-1", "a-2", "b"}));
  EXPECT_EQ(boxes, 2) << "a.png and a.jpg shared their labels; deep/a.png has none";
}

TEST_F(ConvertDataset, RefusalsLeaveNothingBehind) {
  const auto said = [&](const std::string& out, const ConvertOptions& options) {
    return error_of([&] { convert(source_, out, options); });
  };
  const ConvertOptions to_yolo{.to = DatasetFormat::kYolo};
  put(path("taken/file"), "kept");
  expect_said(said("taken", to_yolo), {"taken: exists already"});
  expect_said(said("out", {.to = DatasetFormat::kYolo, .splits = {"test"}}), {"instances_test.json"});
  expect_said(said("out", {.to = DatasetFormat::kYolo, .splits = {"../x"}}),
              {"'../x' is not a name for a split"});
  expect_said(said("out", {.to = DatasetFormat::kYolo, .splits = {"mini"}}), {"YOLO has only"});
  expect_said(said("out", {.to = DatasetFormat::kYolo, .splits = {"train", "train"}}), {"named twice"});
  put_annotations("val", json::array(), {{{"id", 3}, {"name", "car"}}});
  expect_said(said("out", to_yolo), {"'train' and 'val' have different classes"});
  const auto box = [](int id, int category) {
    return json{{"id", id}, {"image_id", 1}, {"category_id", category}, {"bbox", {1, 1, 2, 2}}};
  };
  put_annotations("train", json::array({box(1, 3), box(2, 4)}),
                  {{{"id", 3}, {"name", "car"}}, {{"id", 4}, {"name", "car"}}});
  expect_said(said("out", to_yolo), {"category 4", "the name 'car', as does category 3"});
  put_annotations("train", json::array(), {{{"id", 3}, {"name", "a\nb"}}});
  expect_said(said("out", to_yolo), {"line breaks"});
  put_annotations("train", json::array());
  fs::remove(source_ / "images/train/b.jpg");
  expect_said(said("out", {.to = DatasetFormat::kVoc, .splits = {"train"}}), {"b.jpg: no such image"});
  EXPECT_FALSE(fs::exists(path("out")));
  for (const auto& entry : fs::directory_iterator(temporary_.path())) {
    EXPECT_EQ(entry.path().string().find("partial"), std::string::npos) << entry.path();
  }
}

}  // namespace
