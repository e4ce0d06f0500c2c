// Labels and images that are left out, which is said.
#include "data/opencv/lost_labels.h"

#include "data/check/check.h"

namespace focus::test {
namespace {

using namespace data;
using namespace images;
namespace fs = std::filesystem;

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
  EXPECT_NE(left_out().find("differ only in case"), std::string::npos) << left_out();
}

TEST_F(LostLabels, ImagesInNoSplitAreSaid) {
  yolo();
  EXPECT_EQ(left_out(), "");
  put_image(folder_ / "images/extra/e.jpg", 20, 30);
  EXPECT_EQ(left_out(), "") << "nothing is known of it";
  put(folder_ / "labels/extra/e.txt", kBoxLine);
  expect_said(left_out().substr(0, left_out().find('\n')),
              {"data.yaml", "1 images are in none of its splits", "e.jpg"});
  EXPECT_EQ(left_out("val"), "") << "said once";
  fs::remove_all(folder_ / "images/extra");
  fs::remove_all(folder_ / "labels/extra");
  yolo("train: train.txt\nval: images/val\nnames: [cat, dog]\n");
  put(folder_ / "train.txt", "images/train/a.jpg\n");
  put_image(folder_ / "images/train/b.jpg", 20, 30);
  expect_said(left_out().substr(0, left_out().find('\n')), {"1 images are in none of its splits", "b.jpg"});
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
              {"1 images are not named in", "instances_train.json", "b.jpg"});
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
  EXPECT_NE(most.find("'C.jpg' exists"), std::string::npos) << most;
  EXPECT_NE(most.find("5 usable images, 2 usable boxes"), std::string::npos) << most;
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
  EXPECT_NE(notes().find("instances_train.json: the file has 1 images but no box"), std::string::npos)
      << notes();
  const auto report = check_split(folder_, "train");
  EXPECT_EQ(report.count(IssueKind::kNoBoxes), 1);
  EXPECT_EQ(report.errors(), 0);
  yolo();
  fs::remove_all(folder_ / "annotations");
  put(folder_ / "labels/train/a.txt", "");
  EXPECT_NE(notes().find("but no box"), std::string::npos) << notes();
}

}  // namespace
}  // namespace focus::test
