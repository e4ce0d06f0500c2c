// Names of files that another system or program has changed, and names of several files.
#include "data/annotations.h"
#include "data/check/check.h"
#include "data/folder/name_forms.h"
#include "data/opencv/lost_labels.h"

namespace focus::test {
namespace {

using namespace data;
using namespace images;
namespace fs = std::filesystem;

// "é" as one character and as two.
const std::string kOne = "caf\xC3\xA9", kTwo = "cafe\xCC\x81";

TEST_F(LostLabels, OtherUnicodeFormAndEndingsInCapitalsAreFound) {
  if (!knows_unicode_forms()) GTEST_SKIP() << "built without utf8proc";
  yolo();
  put_image(folder_ / ("images/train/" + kOne + ".jpg"), 20, 30);
  put(folder_ / ("labels/train/" + kTwo + ".txt"), kBoxLine);
  put_image(folder_ / "images/train/b.jpg", 20, 30);
  put(folder_ / "labels/train/b.TXT", kBoxLine);
  const auto read = read_all(folder_, "train");
  EXPECT_TRUE(read.issues.empty()) << read.issues.front().entry << read.issues.front().text;
  ASSERT_EQ(read.split.entries.images.size(), 3u);
  for (const auto& boxes : read.split.entries.annotations) EXPECT_EQ(boxes.size(), 1u);
  put(folder_ / "labels/train/b.Txt", kBoxLine);
  expect_said(load_error(), {"b.jpg", "b.TXT", "b.Txt", "remove one"});
}

TEST_F(LostLabels, FoldersInAnotherFormAreFound) {
  if (!knows_unicode_forms()) GTEST_SKIP() << "built without utf8proc";
  put(folder_ / "data.yaml", "train: images/" + kOne + "\nnames: [cat]\n");
  put_image(folder_ / "images" / kTwo / "a.jpg", 20, 30);
  put(folder_ / "labels" / kOne / "a.txt", kBoxLine);
  EXPECT_EQ(read_all(folder_, "train").split.entries.annotations.at(0).size(), 1u);
}

TEST_F(LostLabels, EveryFormatTakesTheTwoForms) {
  if (!knows_unicode_forms()) GTEST_SKIP() << "built without utf8proc";
  const auto loaded = [&](const fs::path& place) {
    const auto store = load_split(place, "train");
    EXPECT_EQ(store->size(), 1) << place;
    EXPECT_TRUE(store->size() == 1 && fs::is_regular_file(store->image_path(0))) << place;
    return store->size() == 1 ? store->annotations(0).size() : 0;
  };
  put_image(folder_ / "coco/images/train" / (kTwo + ".jpg"), 20, 30);
  put(folder_ / "coco/annotations/instances_train.json",
      coco(R"({"id": 1, "file_name": ")" + kOne + R"(.JPG", "width": 30, "height": 20})",
           R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]})"));
  EXPECT_EQ(loaded(folder_ / "coco"), 1u);
  put_image(folder_ / "voc/JPEGImages" / (kTwo + ".jpg"), 20, 30);
  put(folder_ / "voc/Annotations" / (kTwo + ".XML"), xml());
  put(folder_ / "voc/ImageSets/Main/train.txt", kOne + "\n");
  EXPECT_EQ(loaded(folder_ / "voc"), 1u);
  put_image(folder_ / "loose/photographs" / (kTwo + ".jpg"), 20, 30);
  put(folder_ / "loose/boxes" / (kOne + ".xml"), xml());
  EXPECT_EQ(loaded(folder_ / "loose"), 1u);
  put(folder_ / "list/data.yaml", "train: train.txt\nnames: [cat]\n");
  put(folder_ / "list/train.txt", "images/" + kOne + ".jpg\n");
  put_image(folder_ / "list/images" / (kTwo + ".jpg"), 20, 30);
  put(folder_ / "list/labels" / (kOne + ".txt"), kBoxLine);
  EXPECT_EQ(loaded(folder_ / "list"), 1u);
}

TEST_F(LostLabels, PercentEncodedNamesAreFoundAndSaid) {
  const auto encoded = [](const ReadSplit& read) {
    std::string text;
    for (const auto& issue : read.issues) {
      if (issue.kind == IssueKind::kReadOtherwise) text += issue.text + "\n";
    }
    return text;
  };
  // VOC, in folders of any name and in its own.
  for (const std::string annotations : {"annotations", "Annotations"}) {
    const fs::path set = folder_ / annotations;
    const fs::path images = set / (annotations == "annotations" ? "images" : "JPEGImages");
    put_image(images / "a b.jpg", 20, 30);
    put_image(images / "c.jpg", 20, 30);
    put(set / annotations / "a%20b.xml", xml("<filename>a%20b.jpg</filename>"));
    put(set / annotations / "c.xml", xml("<filename>c.jpg</filename>"));
    if (annotations == "Annotations") put(set / "ImageSets/Main/train.txt", "a%20b\nc\n");
    const auto read = read_all(set, "train");
    EXPECT_EQ(read.split.entries.images.size(), 2u) << annotations;
    expect_said(encoded(read).substr(0, encoded(read).find('\n')), {"1 annotation files", "a%20b.xml"});
    // A file of the literal name is the one that is meant.
    put_image(images / "a%20b.jpg", 20, 30);
    const auto literal = read_all(set, "train");
    EXPECT_EQ(encoded(literal), "") << annotations;
    ASSERT_EQ(literal.split.entries.images.size(), 2u);
    EXPECT_TRUE(literal.split.entries.images[0].file_name.ends_with("a%20b.jpg"));
  }
  // COCO, all of whose names are encoded.
  const fs::path coco_set = folder_ / "coco";
  put_image(coco_set / "images/a b.jpg", 20, 30);
  put(coco_set / "result.json",
      coco(R"({"id": 1, "file_name": "images/a%20b.jpg", "width": 30, "height": 20})",
           R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]})"));
  const auto read = read_all(coco_set, "train");
  ASSERT_EQ(read.split.entries.images.size(), 1u);
  EXPECT_TRUE(fs::is_regular_file(read.split.image_dir / read.split.entries.images[0].file_name));
  EXPECT_NE(encoded(read).find("1 images are found"), std::string::npos) << encoded(read);
  EXPECT_EQ(read.issues.size(), 1u);
  // YOLO's labels.
  const fs::path yolo = folder_ / "yolo";
  put_image(yolo / "images/train/a b.jpg", 20, 30);
  put(yolo / "labels/train/a%20b.txt", "0 0.5 0.5 0.2 0.4\n");
  put(yolo / "data.yaml", "train: images/train\nnames: [cat]\n");
  const auto labelled = read_all(yolo, "train");
  EXPECT_EQ(labelled.split.entries.annotations.at(0).size(), 1u);
  EXPECT_NE(encoded(labelled).find("a%20b.txt"), std::string::npos);
}

TEST_F(LostLabels, ANameOfSeveralImagesIsRefused) {
  for (const std::string cam : {"cam1", "cam2"})
    put_image(folder_ / cam / "a.jpg", cam == "cam1" ? 20 : 21, 30);
  const std::string box = R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]})";
  put(folder_ / "boxes.json", coco(R"({"id": 1, "file_name": "a.jpg"})", box));
  expect_said(load_error(), {"boxes.json", "image 1 has the file_name 'a.jpg'", "cam1/a.jpg", "cam2/a.jpg"});
  EXPECT_EQ(left_out(), "") << "one fault, one report";
  // Its size, or a folder in its name, tells.
  put(folder_ / "boxes.json", coco(R"({"id": 1, "file_name": "a.jpg", "width": 30, "height": 21})", box));
  EXPECT_EQ(load_split(folder_, "train")->image(0).file_name, "cam2/a.jpg");
  put(folder_ / "boxes.json", coco(R"({"id": 1, "file_name": "cam1/a.jpg"})", box));
  EXPECT_EQ(load_split(folder_, "train")->image_path(0).lexically_normal(), folder_ / "cam1/a.jpg");
  fs::remove(folder_ / "boxes.json");
  // VOC: the annotation's folder tells, or nothing does.
  put(folder_ / "xml/a.xml", xml("<filename>a.jpg</filename>"));
  EXPECT_TRUE(load_split(folder_, "train")->image_path(0).string().ends_with("cam1/a.jpg")) << "by its size";
  put_image(folder_ / "cam2/a.jpg", 20, 30);
  expect_said(load_error(), {"a.xml", "cam1/a.jpg", "cam2/a.jpg"});
  put(folder_ / "xml/a.xml", xml("<folder>cam2</folder><filename>a.jpg</filename>"));
  EXPECT_TRUE(load_split(folder_, "train")->image_path(0).string().ends_with("cam2/a.jpg"));
  fs::remove_all(folder_ / "xml");
  put(folder_ / "labels/a.txt", kBoxLine);
  expect_said(load_error(), {"a.txt", "cam1/a.jpg", "cam2/a.jpg"});
}

TEST_F(LostLabels, AListsLineOfSeveralImagesIsRefused) {
  for (const std::string cam : {"cam1", "cam2"}) {
    put_image(folder_ / cam / "a.jpg", 20, 30);
    put(folder_ / cam / "a.xml", xml());
  }
  put_image(folder_ / "cam1/b.jpg", 20, 30);
  put(folder_ / "cam1/b.xml", xml());
  put(folder_ / "train.txt", "b\na\n");
  expect_said(load_error(), {"train.txt", "'a'", "cam1/a.jpg", "cam2/a.jpg"});
  put(folder_ / "train.txt", "b\ncam2/a\n");
  EXPECT_EQ(load_split(folder_, "train")->size(), 2);
  fs::remove_all(folder_);
  put(folder_ / "data.yaml", "train: lists/train.txt\nnames: [cat]\n");
  put(folder_ / "lists/train.txt", "images/a.jpg\n");
  put_image(folder_ / "images/a.jpg", 20, 30);
  put_image(folder_ / "lists/images/a.jpg", 20, 30);
  expect_said(load_error(), {"train.txt:1", "set/images/a.jpg", "lists/images/a.jpg"});
}

TEST_F(LostLabels, VocWithTwoImagesOfANameIsRefused) {
  put_image(folder_ / "JPEGImages/a.jpg", 20, 30);
  put_image(folder_ / "JPEGImages/a.png", 20, 30);
  put(folder_ / "Annotations/a.xml", xml());
  put(folder_ / "ImageSets/Main/train.txt", "a\n");
  expect_said(load_error(), {"a.xml", "a.jpg", "a.png", "'filename'"});
  put(folder_ / "Annotations/a.xml", xml("<filename>a.png</filename>"));
  EXPECT_EQ(load_split(folder_, "train")->image(0).file_name, "a.png");
}

}  // namespace
}  // namespace focus::test
