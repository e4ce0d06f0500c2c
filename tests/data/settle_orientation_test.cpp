#include "data/settle_orientation.h"

#include <map>
#include <nlohmann/json.hpp>

#include "data/check/check.h"
#include "data/convert_dataset.h"
#include "data/dataset_files.h"
#include "images/turned_file.h"

namespace {

using namespace focus::test;
using namespace focus::data;
using namespace focus::images;
using focus::nn::ImageSize;
using nlohmann::json;
namespace fs = std::filesystem;

/// A photograph of 200 x 120 pixels as stored, 120 x 200 upright.
constexpr int kQuarterTurn = 6, kHalfTurn = 3;
constexpr ImageSize kStored{120, 200}, kUpright{200, 120};

json image_entry(int id, ImageSize size) {
  return {
      {"id", id}, {"file_name", std::to_string(id) + ".jpg"}, {"width", size.width}, {"height", size.height}};
}

json box_entry(int id, int image, const std::vector<double>& box) {
  return {{"id", id}, {"image_id", image}, {"category_id", 1}, {"bbox", box}};
}

class SettleOrientation : public testing::Test {
 protected:
  void put_photograph(const std::string& name, int orientation) const {
    put(folder_ / name, jpeg_without_pixels(200, 120, orientation));
  }

  void put_coco(const std::vector<json>& images, const std::vector<json>& annotations) const {
    put(folder_ / "annotations/instances_train.json",
        json{{"images", images}, {"annotations", annotations}, {"categories", {{{"id", 1}, {"name", "cat"}}}}}
            .dump());
  }

  std::shared_ptr<const AnnotationStore> load(ImageReading reading = ImageReading::kByDataset) const {
    return load_split(folder_, "train", {reading});
  }

  std::string refusal(ImageReading reading = ImageReading::kByDataset) const {
    return error_of([&] { load(reading); });
  }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "set";
};

TEST_F(SettleOrientation, StatedSizesTellHowImagesAreRead) {
  put_photograph("images/train/1.jpg", kQuarterTurn);
  put_photograph("images/train/2.jpg", 1);
  put_coco({image_entry(1, kUpright), image_entry(2, kStored)}, {box_entry(1, 1, {10, 150, 60, 40})});
  EXPECT_EQ(load()->orientation(), Orientation::kUpright);
  EXPECT_EQ(load(ImageReading::kUpright)->image(0).size, kUpright);
  expect_said(load()->meaning().orientation_note, {"1 of 2 images", "read upright", "stated sizes"});
  expect_said(refusal(ImageReading::kAsStored),
              {"instances_train.json", "1 images", "only the image turned upright", "1.jpg", "120 x 200",
               "loader.exif_orientation"});

  put_coco({image_entry(1, kStored), image_entry(2, kStored)}, {box_entry(1, 1, {150, 10, 40, 60})});
  EXPECT_EQ(load()->orientation(), Orientation::kAsStored);
  EXPECT_EQ(load(ImageReading::kAsStored)->image(0).size, kStored);
  expect_said(refusal(ImageReading::kUpright),
              {"1 images", "only the image as stored", "1.jpg", "200 x 120"});
}

TEST_F(SettleOrientation, SizesOfBothReadingsAreRefused) {
  put_photograph("images/train/1.jpg", kQuarterTurn);
  put_photograph("images/train/2.jpg", kQuarterTurn);
  put_coco({image_entry(1, kUpright), image_entry(2, kStored)}, {});
  for (const auto reading : {ImageReading::kByDataset, ImageReading::kUpright, ImageReading::kAsStored}) {
    expect_said(refusal(reading),
                {"2 images with an EXIF orientation", "1.jpg", "2.jpg", "the same reading"});
  }
}

TEST_F(SettleOrientation, UprightBoxesWithStoredSizesAreNamed) {
  put_photograph("images/train/1.jpg", kQuarterTurn);
  put_coco({image_entry(1, kStored)}, {box_entry(1, 1, {10, 150, 60, 40})});
  expect_said(refusal(), {"1 images are those of the image as stored",
                          "boxes fit only the image turned upright", "1.jpg", "=true", "=false"});
  const auto found = check_split(folder_, "train");
  EXPECT_EQ(found.count(IssueKind::kOtherOrientation), 1);
  EXPECT_GT(found.errors(), 0);

  const auto store = load(ImageReading::kUpright);
  EXPECT_EQ(store->orientation(), Orientation::kUpright);
  EXPECT_EQ(store->image(0).size, kUpright) << "the size follows the boxes";
  expect_box(store->annotations(0)[0], 10, 150, 60, 40);
  EXPECT_EQ(load(ImageReading::kAsStored)->image(0).size, kStored) << "as its author wants it";
  EXPECT_EQ(check_split(folder_, "train", {.reading = {.images = ImageReading::kUpright}})
                .count(IssueKind::kOtherOrientation),
            0);
}

TEST_F(SettleOrientation, ABoxSomewhatOutsideIsNoSign) {
  put_photograph("images/train/1.jpg", kQuarterTurn);
  put_coco({image_entry(1, kStored)}, {box_entry(1, 1, {20, 60, 30, 63})});
  EXPECT_EQ(load()->orientation(), Orientation::kAsStored);
  // A box that fits only the stored image speaks against one that fits only the upright image.
  put_coco({image_entry(1, kStored)},
           {box_entry(1, 1, {10, 150, 60, 40}), box_entry(2, 1, {130, 5, 60, 40})});
  EXPECT_EQ(load()->orientation(), Orientation::kAsStored);
}

TEST_F(SettleOrientation, WhatNoSizeTellsIsTheFormatsConvention) {
  put_photograph("images/train/1.jpg", kHalfTurn);
  put_coco({image_entry(1, kStored)}, {});
  EXPECT_EQ(load()->orientation(), Orientation::kAsStored);
  expect_said(load()->meaning().orientation_note,
              {"1 of 1 images", "as stored", "convention", "--exif-orientation"});
  EXPECT_EQ(load(ImageReading::kUpright)->orientation(), Orientation::kUpright);
  const auto report = check_split(folder_, "train");
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_NE(to_text(report).find("note: 1 of 1 images have an EXIF orientation"), std::string::npos);
  EXPECT_EQ(to_json(report)["notes"][0], report.notes[0]);

  put_photograph("images/train/1.jpg", 1);
  EXPECT_EQ(load()->meaning().orientation_note, "");
}

TEST_F(SettleOrientation, WrongSizesAreFoundOnLoading) {
  put_photograph("images/train/1.jpg", 1);
  put_coco({image_entry(1, {100, 200})}, {});
  expect_said(refusal(), {"1.jpg", "200 x 120", "200 x 100", "dataset check"});
}

TEST_F(SettleOrientation, YoloIsMeasuredUpright) {
  put(folder_ / "data.yaml", "train: images/train\nval: images/train\nnames: [blob]\n");
  put_photograph("images/train/p.jpg", kQuarterTurn);
  put(folder_ / "labels/train/p.txt", "0 0.333333333333333 0.85 0.5 0.2\n");
  auto store = load();
  EXPECT_EQ(store->orientation(), Orientation::kUpright);
  EXPECT_EQ(store->image(0).size, kUpright);
  expect_box(store->annotations(0)[0], 10, 150, 60, 40, 1e-9);
  expect_said(store->meaning().orientation_note, {"1 of 1 images", "read upright", "convention"});
  store = load(ImageReading::kAsStored);
  EXPECT_EQ(store->orientation(), Orientation::kAsStored);
  EXPECT_EQ(store->image(0).size, kStored);
}

TEST_F(SettleOrientation, VocWithoutSizesIsMeasuredUpright) {
  const auto annotation = [&](const std::string& size) {
    put(folder_ / "train/p.xml",
        "<annotation><filename>p.jpg</filename>" + size +
            "<object><name>cat</name><bndbox><xmin>11</xmin><ymin>151</ymin><xmax>70</xmax>"
            "<ymax>190</ymax></bndbox></object></annotation>");
  };
  put_photograph("train/p.jpg", kQuarterTurn);
  annotation("");
  EXPECT_EQ(load()->image(0).size, kUpright);
  EXPECT_EQ(load()->orientation(), Orientation::kUpright);
  expect_said(load()->meaning().orientation_note, {"convention"});
  EXPECT_EQ(load(ImageReading::kAsStored)->image(0).size, kStored);
  annotation("<size><width>200</width><height>120</height><depth>3</depth></size>");
  expect_said(refusal(), {"boxes fit only the image turned upright"});
  annotation("<size><width>120</width><height>200</height><depth>3</depth></size>");
  EXPECT_EQ(load()->orientation(), Orientation::kUpright);
  expect_said(load()->meaning().orientation_note, {"stated sizes"});
}

/// What must hold wherever a box is written: it lies where it lay, in the convention of the format.
TEST_F(SettleOrientation, ConversionTurnsBoxesIntoTheFormatsConvention) {
  // Left edges of the upright box, by hand.
  for (const auto& [orientation, x] :
       std::map<int, double>{{2, 10}, {3, 10}, {5, 10}, {6, 50}, {7, 50}, {8, 10}}) {
    SCOPED_TRACE(orientation);
    const fs::path yolo = temporary_.path() / ("yolo" + std::to_string(orientation));
    const fs::path coco = temporary_.path() / ("coco" + std::to_string(orientation));
    put_photograph("images/train/1.jpg", orientation);
    put_coco({image_entry(1, kStored)}, {box_entry(1, 1, {150, 10, 40, 60})});
    convert_dataset(folder_, yolo, {.to = DatasetFormat::kYolo});
    const auto upright = load_split(yolo, "train");
    EXPECT_EQ(upright->orientation(), Orientation::kUpright);
    EXPECT_NEAR(upright->annotations(0)[0].x, x, 1e-3);

    convert_dataset(yolo, coco, {.to = DatasetFormat::kCoco});
    const auto stored = load_split(coco, "train");
    EXPECT_EQ(stored->orientation(), Orientation::kAsStored);
    EXPECT_EQ(stored->image(0).size, kStored);
    expect_box(stored->annotations(0)[0], 150, 10, 40, 60, 1e-3);
  }
}

}  // namespace
