// Labels and images that get lost on the way from one program or system to another.
#include <gtest/gtest.h>

#include <filesystem>

#include "data/annotations.h"
#include "data/check/check.h"
#include "data/folder/name_forms.h"
#include "data/opencv/dataset_images.h"

namespace {

using namespace focus::test;
using namespace focus::data;
using namespace focus::images;
namespace fs = std::filesystem;

// "é" as one character and as two.
const std::string kOne = "caf\xC3\xA9", kTwo = "cafe\xCC\x81";

const char* const kBoxLine = "0 0.5 0.5 0.2 0.4\n";

/// The issues of a kind, as "ENTRY: TEXT" lines.
std::string said_of(const std::vector<Issue>& issues, IssueKind kind) {
  std::string text;
  for (const auto& issue : issues) {
    if (issue.kind == kind) text += issue.entry + ": " + issue.text + "\n";
  }
  return text;
}

std::string coco(const std::string& images, const std::string& annotations,
                 const std::string& categories = R"({"id": 1, "name": "cat"})") {
  return "{\"images\": [" + images + "], \"annotations\": [" + annotations + "], \"categories\": [" +
         categories + "]}";
}

std::string xml(const std::string& rest = "") {
  return "<annotation>" + rest +
         "<size><width>30</width><height>20</height></size><object><name>cat</name><bndbox><xmin>2</xmin>"
         "<ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>";
}

class LostLabels : public testing::Test {
 protected:
  void yolo(const std::string& yaml = "train: images/train\nval: images/val\nnames: [cat, dog]\n") {
    put(folder_ / "data.yaml", yaml);
    put_image(folder_ / "images/train/a.jpg", 20, 30);
    put(folder_ / "labels/train/a.txt", kBoxLine);
    put_image(folder_ / "images/val/v.png", 21, 31);
    put(folder_ / "labels/val/v.txt", kBoxLine);
  }

  std::string left_out(const std::string& split = "train") {
    return said_of(read_all(folder_, split).issues, IssueKind::kLeftOut);
  }

  std::string load_error(const std::string& split = "train") {
    return error_of([&] { load_split(folder_, split); });
  }

  /// What a load says beside errors.
  std::string notes(const std::string& split = "train") {
    std::string text;
    load_split(folder_, split, {}, [&](const std::string& note) { text += note + "\n"; });
    return text;
  }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "set";
};

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

TEST_F(LostLabels, ImagesOfOtherKindsAndLabelsWithoutImagesAreSaid) {
  yolo();
  put(folder_ / "images/train/g.gif", "GIF89a");
  put(folder_ / "labels/train/g.txt", kBoxLine);
  put(folder_ / "images/train/h.ppm", "P6");
  put(folder_ / "labels/train/lost.txt", kBoxLine);
  put(folder_ / "labels/train/classes.txt", "cat\ndog\n");
  const auto said = left_out();
  expect_said(said.substr(0, said.find('\n')),
              {"2 images are of kinds", "1 of them with annotations", "g.gif", "PNG"});
  expect_said(said.substr(said.find('\n') + 1, said.size() - said.find('\n') - 2),
              {"1 label files have no image", "lost.txt"});
  EXPECT_NE(notes().find("lost.txt"), std::string::npos) << "training is told as well";
  put(folder_ / "labels/train/A.txt", kBoxLine);
  EXPECT_NE(left_out().find("differ in capitals alone"), std::string::npos) << left_out();
}

TEST_F(LostLabels, ImagesInNoSplitAreSaid) {
  yolo();
  EXPECT_EQ(left_out(), "");
  put_image(folder_ / "images/extra/e.jpg", 20, 30);
  EXPECT_EQ(left_out(), "") << "nothing is known of it";
  put(folder_ / "labels/extra/e.txt", kBoxLine);
  expect_said(left_out().substr(0, left_out().find('\n')),
              {"data.yaml", "1 images are in no split", "e.jpg"});
  EXPECT_EQ(left_out("val"), "") << "said once";
  fs::remove_all(folder_ / "images/extra");
  fs::remove_all(folder_ / "labels/extra");
  yolo("train: train.txt\nval: images/val\nnames: [cat, dog]\n");
  put(folder_ / "train.txt", "images/train/a.jpg\n");
  put_image(folder_ / "images/train/b.jpg", 20, 30);
  expect_said(left_out().substr(0, left_out().find('\n')), {"1 images are in no split", "b.jpg"});
}

TEST_F(LostLabels, SharedLabelFilesAreSaid) {
  yolo();
  put_image(folder_ / "images/train/a.png", 20, 30);
  const auto read = read_all(folder_, "train");
  const auto said = said_of(read.issues, IssueKind::kSharedLabels);
  expect_said(said.substr(0, said.find('\n')), {"labels/train/a.txt", "a.jpg", "a.png", "rename"});
  EXPECT_EQ(read.split.entries.images.size(), 2u);
  fs::remove(folder_ / "data.yaml");
  EXPECT_NE(said_of(read_all(folder_, "train").issues, IssueKind::kSharedLabels), "")
      << "in a loose folder, too";
}

TEST_F(LostLabels, DeadLinksAreSaid) {
  yolo();
  fs::remove_all(folder_ / "labels");
  fs::create_directory_symlink(temporary_.path() / "unplugged", folder_ / "labels");
  expect_said(load_error(), {"labels/train/a.txt", "the link", "labels leads nowhere"});
  fs::remove(folder_ / "data.yaml");
  expect_said(load_error(), {"the link", "labels' leads nowhere"});
}

TEST_F(LostLabels, SixNumbersAreAPrediction) {
  yolo();
  put(folder_ / "labels/train/a.txt", "0 0.5 0.5 0.2 0.4 0.87\n");
  expect_said(load_error(), {"a.txt:1", "0.87", "confidence", "remove"});
}

TEST_F(LostLabels, CocoSaysWhichImagesAreInNoFile) {
  put_image(folder_ / "images/train/a.jpg", 20, 30);
  put_image(folder_ / "images/train/b.jpg", 20, 30);
  const std::string a = R"({"id": 1, "file_name": "a.jpg", "width": 30, "height": 20})";
  const std::string box = R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]})";
  put(folder_ / "annotations/instances_train.json", coco(a, box));
  expect_said(left_out().substr(0, left_out().find('\n')),
              {"1 images are not in", "instances_train.json", "b.jpg"});
  CheckOptions options;
  options.image_dir = folder_ / "images/train";
  EXPECT_EQ(check_dataset(folder_ / "annotations/instances_train.json", options).count(IssueKind::kLeftOut),
            1);
  // Two splits that share a folder know each other's.
  fs::rename(folder_ / "images/train", folder_ / "all");
  fs::remove_all(folder_ / "images");
  fs::rename(folder_ / "all", folder_ / "images");
  put(folder_ / "annotations/instances_val.json",
      coco(R"({"id": 1, "file_name": "b.jpg", "width": 30, "height": 20})", box));
  EXPECT_EQ(left_out(), "");
  put_image(folder_ / "images/c.jpg", 20, 30);
  EXPECT_NE(left_out().find("c.jpg"), std::string::npos) << left_out();
  EXPECT_EQ(left_out("val"), "") << "said once";
}

TEST_F(LostLabels, VocSaysWhatIsInNoList) {
  for (const std::string name : {"a", "b"}) {
    put_image(folder_ / "JPEGImages" / (name + ".jpg"), 20, 30);
    put(folder_ / "Annotations" / (name + ".xml"), xml());
  }
  put_image(folder_ / "JPEGImages/c.jpg", 20, 30);
  put(folder_ / "ImageSets/Main/train.txt", "a\n");
  const auto said = left_out();
  expect_said(said.substr(0, said.find('\n')), {"1 annotation files are in no list", "b.xml"});
  expect_said(said.substr(said.find('\n') + 1, said.size() - said.find('\n') - 2), {"1 images", "c.jpg"});
  put(folder_ / "ImageSets/Main/val.txt", "b\n");
  EXPECT_EQ(left_out().find("b.xml"), std::string::npos) << left_out();
  fs::remove(folder_ / "JPEGImages/a.jpg");
  put(folder_ / "JPEGImages/a.gif", "GIF89a");
  expect_said(load_error(), {"a.xml", "a.gif", "kind that is not read"});
}

TEST_F(LostLabels, MissingImagesAreNotUsableAndTheNearOneIsNamed) {
  put_image(folder_ / "images/train/a b.jpg", 20, 30);
  put_image(folder_ / "images/train/C.jpg", 20, 30);
  put_image(folder_ / "images/train/d.jpg", 20, 30);
  std::string images, boxes;
  int id = 0;
  for (const std::string name : {"a%20b.jpg", "c.jpg", "d.jpg", "gone.jpg"}) {
    const auto number = std::to_string(++id);
    images += (id > 1 ? "," : "") +
              (R"({"id": )" + number + R"(, "file_name": ")" + name + R"(", "width": 30, "height": 20})");
    boxes += (id > 1 ? "," : "") + (R"({"id": )" + number + R"(, "image_id": )" + number +
                                    R"(, "category_id": 1, "bbox": [1, 1, 5, 5]})");
  }
  put(folder_ / "annotations/instances_train.json", coco(images, boxes));
  const auto report = check_split(folder_, "train");
  EXPECT_EQ(report.count(IssueKind::kMissingImage), 1) << "a b.jpg and C.jpg are found";
  EXPECT_EQ(report.count(IssueKind::kReadOtherwise), 1);
  EXPECT_EQ(report.images, 3);
  EXPECT_EQ(report.boxes, 3);
  const auto text = to_text(report);
  EXPECT_NE(text.find("1 images are found by names that differ"), std::string::npos) << text;
  // Where most are in their place the others are looked for there.
  for (const std::string name : {"d2.jpg", "d3.jpg", "d4.jpg"}) {
    put_image(folder_ / "images/train" / name, 20, 30);
    images += R"(, {"id": )" + std::to_string(++id) + R"(, "file_name": ")" + name +
              R"(", "width": 30, "height": 20})";
  }
  put(folder_ / "annotations/instances_train.json", coco(images, boxes));
  const auto most = to_text(check_split(folder_, "train"));
  EXPECT_NE(most.find("such as 'a b.jpg' for 'a%20b.jpg'"), std::string::npos) << most;
  EXPECT_NE(most.find("'C.jpg' is there"), std::string::npos) << most;
  EXPECT_NE(most.find("5 usable images, 2 usable boxes"), std::string::npos) << most;
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

TEST_F(LostLabels, EmptySplitsAreErrors) {
  put(folder_ / "coco/annotations/instances_train.json", coco("", ""));
  put(folder_ / "coco/images/train/x", "");
  EXPECT_EQ(check_split(folder_ / "coco", "train").count(IssueKind::kEmptySplit), 1);
  expect_said(error_of([&] { load_split(folder_ / "coco", "train"); }), {"instances_train.json", "no image"});
  EXPECT_EQ(check_dataset(folder_ / "coco/annotations/instances_train.json").count(IssueKind::kEmptySplit),
            1);
  put_image(folder_ / "voc/JPEGImages/a.jpg", 20, 30);
  put(folder_ / "voc/Annotations/a.xml", xml());
  put(folder_ / "voc/ImageSets/Main/train.txt", "a\n");
  put(folder_ / "voc/ImageSets/Main/val.txt", "\n");
  expect_said(error_of([&] { load_split(folder_ / "voc", "val"); }), {"val.txt", "lists no image"});
  EXPECT_EQ(check_split(folder_ / "voc", "val").errors(), 1);
  put(folder_ / "yolo/data.yaml", "train: train.txt\nval: images/val\nnames: [cat]\n");
  put(folder_ / "yolo/train.txt", "");
  fs::create_directories(folder_ / "yolo/images/val");
  expect_said(error_of([&] { load_split(folder_ / "yolo", "train"); }),
              {"train.txt", "lists no image", "'train'"});
  expect_said(error_of([&] { load_split(folder_ / "yolo", "val"); }), {"images/val", "no images"});
}

TEST_F(LostLabels, ASplitWithoutAnyBoxIsSaid) {
  put_image(folder_ / "images/train/a.jpg", 20, 30);
  put(folder_ / "annotations/instances_train.json",
      coco(R"({"id": 1, "file_name": "a.jpg", "width": 30, "height": 20})", ""));
  EXPECT_NE(notes().find("instances_train.json: the file has 1 images and not one box"), std::string::npos)
      << notes();
  const auto report = check_split(folder_, "train");
  EXPECT_EQ(report.count(IssueKind::kNoBoxes), 1);
  EXPECT_EQ(report.errors(), 0);
  yolo();
  fs::remove_all(folder_ / "annotations");
  put(folder_ / "labels/train/a.txt", "");
  EXPECT_NE(notes().find("not one box"), std::string::npos) << notes();
}

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
  EXPECT_NE(notes().find("category 0 is named 'cat' as category 4"), std::string::npos) << notes();
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
  expect_said(load_error(), {"2 entries and one for 5", "line 4"});
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
