// Classes, texts and sizes that other programs write otherwise.
#include "data/annotations.h"
#include "data/check/check.h"
#include "data/opencv/lost_labels.h"

namespace focus::test {
namespace {

using namespace data;
using namespace images;
namespace fs = std::filesystem;

TEST_F(LostLabels, ClassesOfOneNameAreRefusedWhereBothHaveBoxes) {
  put_image(folder_ / "images/train/a.jpg", 20, 30);
  const std::string image = R"({"id": 1, "file_name": "a.jpg", "width": 30, "height": 20})";
  const std::string categories =
      R"({"id": 0, "name": "cat", "supercategory": "none"}, {"id": 4, "name": "cat"})";
  const std::string first = R"({"id": 1, "image_id": 1, "category_id": 4, "bbox": [1, 1, 5, 5]})";
  const auto file = folder_ / "annotations/instances_train.json";
  put(file, coco(image, first + R"(, {"id": 2, "image_id": 1, "category_id": 0, "bbox": [9, 1, 5, 5]})",
                 categories));
  expect_said(load_error(), {"instances_train.json", "category 4", "'cat'", "category 0", "rename"});
  EXPECT_EQ(check_split(folder_, "train").count(IssueKind::kSameClassName), 1);
  // Roboflow's group, which has no boxes, is no class.
  put(file, coco(image, first, categories));
  const auto store = load_split(folder_, "train", {}, [](const std::string&) {});
  ASSERT_EQ(store->categories().size(), 1u);
  EXPECT_EQ(store->categories()[0].id, 4);
  EXPECT_EQ(store->annotations(0).size(), 1u);
  EXPECT_NE(notes().find("category 0 has the name 'cat', as does category 4"), std::string::npos) << notes();
}

TEST_F(LostLabels, NamesThatComeTwiceAreRefused) {
  yolo("train: images/train\nnames: [cat, dog, cat]\n");
  expect_said(load_error(), {"data.yaml", "'cat' twice", "class 0 (line 2)", "class 2 (line 2)", "rename"});
  yolo("train: images/train\nnames:\n  0: cat\n  1: cat\n");
  expect_said(load_error(), {"class 0 (line 3)", "class 1 (line 4)"});
  fs::remove(folder_ / "data.yaml");
  put(folder_ / "classes.txt", "cat\ncat\n");
  expect_said(load_error(), {"classes.txt", "'cat' is listed twice", "class 0 and class 1"});
}

TEST_F(LostLabels, NumbersOfNamesAreNamed) {
  yolo("train: images/train\nnames: {01: x, 0x2: y}\n");
  expect_said(load_error(), {"'names'", "'01: x'", "line 2", "0, 1, 2"});
  yolo("train: images/train\nnames:\n  0: x\n  0x2: y\n");
  expect_said(load_error(), {"'0x2: y'", "line 4"});
  yolo("train: images/train\nnames:\n  0: x\n  5: y\n");
  expect_said(load_error(), {"2 entries, but one for 5", "line 4"});
}

/// The text as Windows' editors write "Unicode".
std::string utf16(const std::string& ascii, bool mark = true) {
  std::string text = mark ? "\xFF\xFE" : "";
  for (const char c : ascii) text += c, text += '\0';
  return text;
}

TEST_F(LostLabels, Utf16IsRead) {
  yolo();
  put(folder_ / "data.yaml", utf16("train: images/train\nval: images/val\nnames: [cat, dog]\n"));
  put(folder_ / "labels/train/a.txt", utf16(kBoxLine));
  EXPECT_EQ(load_split(folder_, "train")->annotations(0).size(), 1u);
  fs::remove_all(folder_);
  put_image(folder_ / "images/train/a.jpg", 20, 30);
  const std::string text = coco(R"({"id": 1, "file_name": "a.jpg", "width": 30, "height": 20})",
                                R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]})");
  for (const bool mark : {true, false}) {
    put(folder_ / "annotations/instances_train.json", utf16(text, mark));
    EXPECT_EQ(load_split(folder_, "train")->annotations(0).size(), 1u) << mark;
  }
  put(folder_ / "annotations/instances_train.json", utf16(text) + "x");
  expect_said(load_error(), {"instances_train.json", "UTF-16", "iconv"});
  fs::remove_all(folder_);
  put_image(folder_ / "photographs/a.jpg", 20, 30);
  put(folder_ / "boxes/a.xml", utf16("<?xml version=\"1.0\" encoding=\"utf-16\"?>" + xml()));
  EXPECT_EQ(load_split(folder_, "train")->annotations(0).size(), 1u) << "loose";
  put(folder_ / "boxes/classes.txt", utf16("cat\n"));
  EXPECT_EQ(load_split(folder_, "train")->categories().at(0).name, "cat");
}

TEST_F(LostLabels, ArchivesAreCalledSo) {
  const std::string zip = std::string("PK\3\4", 4) + std::string(40, 'x');
  put(folder_ / "set.zip", zip);
  expect_said(load_error(), {"set.zip", "archive", "unpack"});
  expect_said(error_of([&] { load_split(folder_ / "set.zip", "train"); }),
              {"set.zip", "ZIP archive", "unpack"});
  put(folder_ / "annotations/instances_train.json", "\x1F\x8B" + std::string(40, 'x'));
  put_image(folder_ / "images/train/a.jpg", 20, 30);
  expect_said(load_error(), {"instances_train.json", "gzip", "unpack"});
}

TEST_F(LostLabels, EmptyNamesAreCalledSo) {
  put_image(folder_ / "images/train/a.jpg", 20, 30);
  put(folder_ / "annotations/instances_train.json",
      coco(R"({"id": 1, "file_name": "", "width": 3, "height": 2})", ""));
  expect_said(load_error(), {"image 1", "field 'file_name' is empty text"});
}

TEST_F(LostLabels, SizesThatAreNotStatedAreMeasured) {
  put_image(folder_ / "images/train/a.jpg", 20, 30);
  put_image(folder_ / "images/train/b.jpg", 21, 31);
  put(folder_ / "annotations/instances_train.json",
      coco(R"({"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg", "width": null, "height": 0})",
           R"({"id": 1, "image_id": 2, "category_id": 1, "bbox": [1, 1, 5, 5]})"));
  const auto store = load_split(folder_, "train");
  EXPECT_EQ(store->image(0).size, (focus::nn::ImageSize{20, 30}));
  EXPECT_EQ(store->image(1).size, (focus::nn::ImageSize{21, 31}));
  const auto report = check_split(folder_, "train");
  EXPECT_EQ(report.errors(), 0) << to_text(report);
  EXPECT_EQ(report.count(IssueKind::kMeasured), 2);
  EXPECT_EQ(report.count(IssueKind::kNoneInside), 0);
  fs::remove(folder_ / "images/train/b.jpg");
  expect_said(load_error(), {"image 2", "b.jpg", "no such image"});
  const auto file = folder_ / "annotations/instances_train.json";
  expect_said(error_of([&] { load_coco(file, ""); }), {"image 1", "'width'", "folder"});
}

}  // namespace
}  // namespace focus::test
