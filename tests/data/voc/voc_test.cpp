#include "data/opencv/dataset_images.h"
#include "data/voc/voc_folder.h"

namespace {

using namespace focus::test;
using namespace focus::data;
using namespace focus::images;
namespace fs = std::filesystem;

std::string object(const std::string& name, const std::string& corners = "1,2,10,20",
                   bool difficult = false) {
  std::string text = "<object><name>" + name + "</name>";
  if (difficult) text += "<difficult>1</difficult>";
  text += "<bndbox>";
  size_t at = 0;
  for (const std::string field : {"xmin", "ymin", "xmax", "ymax"}) {
    const size_t end = corners.find(',', at);
    text += "<" + field + ">" + corners.substr(at, end - at) + "</" + field + ">";
    at = end + 1;
  }
  return text + "</bndbox></object>";
}

std::string annotation(const std::string& objects, const std::string& size = "") {
  return "<annotation><filename>other.png</filename>" + size + objects + "</annotation>";
}

const char* const kStated = "<size><width>30</width><height>20</height></size>";

class Voc : public testing::Test {
 protected:
  Voc() { fill(folder_); }

  static void fill(const fs::path& root) {
    put(root / "ImageSets/Main/train.txt", "b\na\n");
    put(root / "ImageSets/Main/val.txt", "my photo 1\n");
    put(root / "Annotations/a.xml", annotation(object("dog") + object("cat", "1,1,30,20", true), kStated));
    put(root / "Annotations/b.xml", annotation(""));
    put(root / "Annotations/my photo 1.xml", annotation(object("bird"), kStated));
    put_image(root / "JPEGImages/a.jpg", 20, 30);
    put_image(root / "JPEGImages/b.png", 40, 50);
    put_image(root / "JPEGImages/my photo 1.jpg", 20, 30);
  }

  std::string load_error(const std::string& split = "train") {
    return error_of([&] { load_split(folder_, split); });
  }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "set";
};

TEST_F(Voc, FolderLoads) {
  EXPECT_EQ(dataset_format(folder_), DatasetFormat::kVoc);
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val"}));
  const auto store = load_split(folder_, "train");
  ASSERT_EQ(store->size(), 2);
  EXPECT_EQ(store->image(0).file_name, "b.png") << "in the list's order, with the ending that is there";
  EXPECT_EQ(store->image(0).size, (focus::nn::ImageSize{40, 50})) << "from the image";
  EXPECT_TRUE(store->annotations(0).empty());
  EXPECT_TRUE(fs::is_regular_file(store->image_path(1)));
  ASSERT_EQ(store->annotations(1).size(), 2u);
  EXPECT_EQ(store->categories()[static_cast<size_t>(store->annotations(1)[0].label)].name, "dog");
  expect_box(store->annotations(1)[0], 0, 1, 10, 19);
  EXPECT_TRUE(store->annotations(1)[1].crowd);
  expect_box(store->annotations(1)[1], 0, 0, 30, 20);
}

TEST_F(Voc, ClassesAreThoseOfAllAnnotations) {
  for (const std::string split : {"train", "val"}) {
    const auto classes = load_split(folder_, split)->categories();
    ASSERT_EQ(classes.size(), 3u) << split;
    EXPECT_EQ(classes[0].name, "bird");
    EXPECT_EQ(classes[0].id, 1);
    EXPECT_EQ(classes[1].name, "cat");
    EXPECT_EQ(classes[2].name, "dog");
  }
}

TEST_F(Voc, AListOfClassesGivesTheirOrder) {
  put(folder_ / "labels.txt", "dog\r\ncat\n\nbird\n");
  EXPECT_EQ(load_split(folder_, "train")->categories()[0].name, "dog");
  fs::rename(folder_ / "labels.txt", folder_ / "classes.txt");
  EXPECT_EQ(load_split(folder_, "val")->annotations(0)[0].label, 2);
  put(folder_ / "classes.txt", "dog\n");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kUnknownCategory, "a.jpg",
               {"'cat'", "classes.txt"});
  put(folder_ / "classes.txt", "dog\ndog\n");
  expect_said(load_error(), {"classes.txt:2: 'dog' is listed twice"});
  put(folder_ / "classes.txt", "\n");
  expect_said(load_error(), {"classes.txt: lists no class"});
}

TEST_F(Voc, YearsInTheArchivesFolders) {
  const auto kit = temporary_.path() / "unpacked/VOCdevkit";
  fill(kit / "VOC2007");
  EXPECT_EQ(load_split(temporary_.path() / "unpacked", "train")->size(), 2);
  EXPECT_EQ(load_split(kit, "train")->size(), 2);
  EXPECT_EQ(load_split(kit / "VOC2007", "val")->size(), 1);
  fill(kit / "VOC2012");
  fs::remove(kit / "VOC2012/ImageSets/Main/val.txt");
  EXPECT_EQ(load_split(kit, "val")->size(), 1) << "only one has it";
  expect_said(error_of([&] { load_split(kit, "train"); }), {"VOC2007", "VOC2012", "both", "name one"});
}

TEST_F(Voc, AnnotationsMayLieBesideImages) {
  const auto folder = temporary_.path() / "export";
  put(folder / "train/b.xml", annotation(object("dog"), kStated));
  put(folder / "train/a.xml", annotation("", kStated));
  put(folder / "train/.hidden.xml", "no annotation");
  put(folder / "valid/c.xml", annotation(object("cat"), kStated));
  for (const char* name : {"train/a.jpg", "train/b.jpg", "valid/c.jpg"}) put_image(folder / name, 20, 30);
  EXPECT_EQ(dataset_format(folder), DatasetFormat::kVoc);
  EXPECT_EQ(splits_of(folder), (std::vector<std::string>{"train", "val"}));
  for (const std::string split : {"train", "val", "valid"}) {
    const auto classes = load_split(folder, split)->categories();
    ASSERT_EQ(classes.size(), 2u) << split;
    EXPECT_EQ(classes[1].name, "dog") << "of all splits";
  }
  const auto store = load_split(folder, "train");
  ASSERT_EQ(store->size(), 2);
  EXPECT_EQ(store->image(0).file_name, "a.jpg");
  EXPECT_TRUE(fs::is_regular_file(store->image_path(1)));
  expect_box(store->annotations(1)[0], 0, 1, 10, 19);
  expect_said(error_of([&] { load_split(folder, "test"); }),
              {"and no annotations (.xml) in test/", "split 'test'"});
  fs::remove(folder / "train/b.jpg");
  expect_said(error_of([&] { load_split(folder, "train"); }), {"train/b.xml", "no image b.jpg"});
}

TEST_F(Voc, ListsOfOneClassHaveASecondColumn) {
  put(folder_ / "ImageSets/Main/cat_train.txt", "a  1\nb -1\n");
  EXPECT_EQ(load_split(folder_, "cat_train")->size(), 2);
}

TEST_F(Voc, CountingFromZeroIsForgiven) {
  put(folder_ / "Annotations/a.xml", annotation(object("dog", "0,0,30,20"), kStated));
  expect_box(load_split(folder_, "train")->annotations(1)[0], 0, 0, 30, 20);
  put(folder_ / "Annotations/a.xml", annotation(object("dog", "-5,0,30,20"), kStated));
  expect_box(load_split(folder_, "train")->annotations(1)[0], -6, -1, 36, 21);
}

TEST_F(Voc, ImagesUnderTheNameTheAnnotationStates) {
  fs::rename(folder_ / "JPEGImages/b.png", folder_ / "JPEGImages/other.png");
  EXPECT_EQ(load_split(folder_, "train")->image(0).file_name, "other.png");
  fs::remove(folder_ / "JPEGImages/other.png");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kMissingImage, "Annotations/b.xml",
               {"b.jpg", "JPEGImages"});
  put(folder_ / "JPEGImages/b.jpg", "text");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kUndecodableImage, "b.jpg", {"not a JPEG"});
  EXPECT_EQ(read_all(folder_, "train").split.entries.images.size(), 1u);
}

TEST_F(Voc, BadFilesAreNamed) {
  put(folder_ / "Annotations/a.xml", "<annotation>\n<object>");
  expect_said(load_error(), {"Annotations/a.xml:2: not XML", "focus-detr dataset check"});
  EXPECT_EQ(read_all(folder_, "train").issues.size(), 1u) << "told once, although read twice";
  expect_issue(read_all(folder_, "val").issues, IssueKind::kNotXml, "Annotations/a.xml:2", {"not XML"});
  fs::remove(folder_ / "Annotations/a.xml");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kUnreadable, "Annotations/a.xml",
               {"no such annotation file"});
  put(folder_ / "Annotations/a.xml", "");
  fs::resize_file(folder_ / "Annotations/a.xml", uint64_t{1} << 30);
  expect_issue(read_all(folder_, "train").issues, IssueKind::kUnreadable, "Annotations/a.xml",
               {"larger than the 8.0 MiB"});
  expect_said(load_error("test"), {"no ImageSets/Main/test.txt", "'test'"});
}

TEST_F(Voc, NamesInSubfolders) {
  const fs::path root = temporary_.path() / "below";
  put(root / "ImageSets/Main/train.txt", "sub/b\nsub/deep er/c\n");
  put(root / "Annotations/sub/b.xml", annotation(object("dog"), kStated));
  put(root / "Annotations/sub/deep er/c.xml", annotation(object("cat"), kStated));
  put(root / "Annotations/sub/._b.xml", "what macOS leaves");
  put_image(root / "JPEGImages/sub/b.jpg", 20, 30);
  put_image(root / "JPEGImages/sub/deep er/c.png", 20, 30);
  const auto read = read_all(root, "train");
  EXPECT_TRUE(read.issues.empty()) << read.issues[0].text;
  ASSERT_EQ(read.split.entries.images.size(), 2u);
  EXPECT_EQ(read.split.entries.images[0].file_name, "sub/b.jpg");
  EXPECT_EQ(read.split.entries.categories.at(1).name, "dog");
  EXPECT_EQ(read.split.entries.annotations[0].at(0).label, 1);
  EXPECT_EQ(read.split.entries.annotations[1].at(0).label, 0);
  put(root / "labels.txt", "dog\n");
  expect_issue(read_all(root, "train").issues, IssueKind::kUnknownCategory, "sub/deep er/c.png",
               {"'cat'", "labels.txt does not list; add a line"});
}

TEST_F(Voc, CornersUnlikeTheKitsAreSaid) {
  const auto issues_of = [&](const std::vector<std::string>& corners, const std::string& more = "") {
    std::string objects;
    for (const auto& one : corners) objects += object("dog", one);
    put(folder_ / "Annotations/a.xml", annotation(more + objects, kStated));
    return read_all(folder_, "train").issues;
  };
  EXPECT_TRUE(issues_of({"1,2,10,20", "5,5,30,20"}).empty()) << "the kit's, up to the edges";
  EXPECT_TRUE(issues_of({"2,2,10,19"}).empty());
  for (const char* first : {"0,2,10,19", "2,0,10,19"}) {
    expect_issue(issues_of({first}), IssueKind::kForeignCorners, "a.xml",
                 {"'dog'", "a corner of 0", "--voc-corners plain", "loader.voc_corners=plain"});
  }
  EXPECT_EQ(issues_of({"0,2,10,19", "1,1,4,4", "0,0,4,4"}).size(), 2u);
  for (const char* fraction : {"2.5,2,10,19", "2,2.25,10,19", "2,2,10.5,19", "2,2,10,18.75"}) {
    expect_issue(issues_of({fraction}), IssueKind::kForeignCorners, "a.xml", {"fraction"});
  }
  for (const char* full : {"2,2,30,19", "2,2,10,20"}) {
    expect_issue(issues_of({full}), IssueKind::kForeignCorners, "a.xml", {"full width or height"});
    EXPECT_TRUE(issues_of({full}, "<source><annotation>PASCAL VOC2007</annotation></source>").empty());
  }
  EXPECT_FALSE(is_error(IssueKind::kForeignCorners));
}

TEST_F(Voc, PlainCornersAreEdgesFromZero) {
  const std::vector<Issue> none;
  std::vector<Issue> issues;
  const auto read = [&](const std::string& corners) {
    put(folder_ / "Annotations/a.xml", annotation(object("dog", corners), kStated));
    issues.clear();
    const auto split = read_split(folder_, "train", [&](const Issue& i) { issues.push_back(i); },
                                  {.voc_corners = VocCorners::kPlain});
    return split.entries.annotations.at(1);
  };
  expect_box(read("0,0,30,20").at(0), 0, 0, 30, 20);
  EXPECT_TRUE(issues.empty());
  expect_box(read("2.5,3,12.5,13").at(0), 2.5, 3, 10, 10);
  EXPECT_TRUE(issues.empty());
  expect_box(read("5,5,5,9").at(0), 5, 5, 0, 4);
  EXPECT_TRUE(issues.empty()) << "without width is what the check says of every format";
  EXPECT_TRUE(read("6,5,5,9").empty());
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].kind, IssueKind::kNegativeSize);
}

TEST(DatasetFormat, WhatIsNoDataSet) {
  const TemporaryFolder folder;
  expect_said(error_of([&] { dataset_format(folder.path()); }), {"COCO", "YOLO", "Pascal VOC", "labelme"});
  expect_said(error_of([&] { dataset_format(folder.path() / "absent"); }), {"no such folder"});
  put(folder.path() / "notes.txt", "");
  expect_said(error_of([&] { dataset_format(folder.path() / "notes.txt"); }), {"is a file"});
  put(folder.path() / "annotations/instances_train.json", "{}");
  EXPECT_EQ(dataset_format(folder.path()), DatasetFormat::kCoco);
  expect_said(error_of([&] { load_split(folder.path(), "val"); }),
              {"no split 'val', only 'train'", "focus-detr dataset split"});
  put(folder.path() / "annotations/instances_test.json", "{}");
  expect_said(error_of([&] { load_split(folder.path(), "val"); }), {"instances_val.json", "split 'val'"});
  put(folder.path() / "annotations/instances_train.json",
      R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 2, "height": 2}], "categories": [], "annotations": []})");
  expect_said(error_of([&] { load_split(folder.path(), "train"); }), {"no images in ", "/images/train"});
}

}  // namespace
