#include "data/opencv/dataset_images.h"
#include "data/yolo/yolo_config.h"
#include "data/yolo/yolo_folder.h"

namespace {

using namespace focus::test;
using namespace focus::data;
using namespace focus::images;
namespace fs = std::filesystem;

const char* const kYaml = "train: images/train\nval: images/val\nnc: 2\nnames: [cat, dog]\n";

std::vector<std::string> names_of(const AnnotationEntries& entries) {
  std::vector<std::string> names;
  for (const auto& image : entries.images) names.push_back(image.file_name);
  return names;
}

class Yolo : public testing::Test {
 protected:
  Yolo() {
    put(folder_ / "data.yaml", kYaml);
    put_image(folder_ / "images/train/b.png", 20, 30);
    put_image(folder_ / "images/train/a.jpg", 40, 50);
    put_image(folder_ / "images/val/c.png", 10, 10);
    put(folder_ / "labels/train/b.txt", "1 0.5 0.5 0.2 0.4\n0 0.5 0.5 1 1\n");
    put(folder_ / "labels/val/c.txt", "");
  }

  std::string load_error(const std::string& split = "train") {
    return error_of([&] { load_split(folder_, split); });
  }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "set";
};

TEST_F(Yolo, FolderLoads) {
  const auto store = load_split(folder_, "train");
  ASSERT_EQ(store->size(), 2);
  EXPECT_EQ(store->image(0).file_name, "a.jpg") << "sorted by path";
  EXPECT_EQ(store->image(0).size, (focus::nn::ImageSize{40, 50}));
  EXPECT_TRUE(store->annotations(0).empty()) << "no label file: nothing to see in the image";
  EXPECT_TRUE(fs::is_regular_file(store->image_path(1)));
  ASSERT_EQ(store->annotations(1).size(), 2u);
  EXPECT_EQ(store->annotations(1)[0].label, 1);
  expect_box(store->annotations(1)[0], 12, 6, 6, 8);
  EXPECT_NE(store->annotations(1)[0].id, store->annotations(1)[1].id);
  ASSERT_EQ(store->categories().size(), 2u);
  EXPECT_EQ(store->categories()[0].id, 1);
  EXPECT_EQ(store->categories()[1].name, "dog");
  EXPECT_EQ(load_split(folder_ / "data.yaml", "val")->size(), 1) << "the yaml file names the data set, too";
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val"}));
  EXPECT_EQ(dataset_format(folder_), DatasetFormat::kYolo);
}

TEST_F(Yolo, ImagesWithoutAnyLabelsAreAnEmptySet) {
  fs::remove_all(folder_ / "labels");
  EXPECT_EQ(load_split(folder_, "train")->size(), 2);
  const auto read = read_all(folder_, "train");
  expect_issue(read.issues, IssueKind::kNoLabels, "data.yaml", {"train", "labels/train/a.txt"});
  EXPECT_FALSE(is_error(IssueKind::kNoLabels));
}

TEST_F(Yolo, NamesAsAMapInAnyOrder) {
  put(folder_ / "data.yaml", "train: images/train\nnames:\n  1: dog\n  0: cat\n");
  EXPECT_EQ(load_split(folder_, "train")->categories()[0].name, "cat");
}

TEST_F(Yolo, ValidIsAnotherNameOfVal) {
  put(folder_ / "data.yaml", "valid: images/val\nnames: [cat]\n");
  EXPECT_EQ(load_split(folder_, "val")->size(), 1);
  EXPECT_EQ(load_split(folder_, "valid")->size(), 1);
  EXPECT_EQ(splits_of(folder_), std::vector<std::string>{"val"});
}

TEST_F(Yolo, PathSaysWhereTheDataSetLies) {
  for (const std::string& path : {folder_.string(), std::string("../set"), std::string(".")}) {
    put(temporary_.path() / "other/data.yaml",
        "path: " + path + "\ntrain: images/train\nnames: [cat, dog]\n");
    if (path == ".")
      fs::copy(folder_ / "images", temporary_.path() / "other/images", fs::copy_options::recursive);
    EXPECT_EQ(load_split(temporary_.path() / "other", "train")->size(), 2) << path;
  }
  put(folder_ / "data.yaml", "path: /home/someone/else\ntrain: images/train\nnames: [cat, dog]\n");
  EXPECT_EQ(load_split(folder_, "train")->size(), 2) << "written on another machine";
}

TEST_F(Yolo, RoboflowsPathsLeadOneFolderTooHigh) {
  put(folder_ / "data.yaml", "train: ../images/train\nnames: [cat, dog]\n");
  EXPECT_EQ(load_split(folder_, "train")->size(), 2);
  put_image(temporary_.path() / "images/train/z.png", 8, 8);
  EXPECT_EQ(load_split(folder_, "train")->image(0).file_name, "z.png") << "what the file says comes first";
}

TEST_F(Yolo, ATestThatIsNotThereIsSaidAndLeftOut) {
  put(folder_ / "data.yaml", std::string(kYaml) + "test: images/test\n");
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val"}));
  expect_issue(read_all(folder_, "train").issues, IssueKind::kLeftOut, "data.yaml",
               {"'test' in line 5", "'images/test'", "only train and val are used"});
  expect_issue(read_all(folder_, "val").issues, IssueKind::kNoBoxes, "'val'", {});  // Said once.
  expect_said(load_error("test"), {"data.yaml", "'test' names 'images/test'"});
  fs::remove_all(folder_ / "images/val");
  EXPECT_EQ(splits_of(folder_), (std::vector<std::string>{"train", "val"})) << "val is missed";
  expect_said(load_error("val"), {"'val' names 'images/val'"});
}

TEST_F(Yolo, PathsOfOtherSystemsAreReadAndSaid) {
  for (const std::string path :
       {"images\\train", ".\\images\\train", "C:/Users/me/data/images/train", "C:\\Users\\me\\images\\train",
        "/content/win/images/train", "../data/images/train", "data/images/train"}) {
    put(folder_ / "data.yaml", "train: '" + path + "'\nval: images/val\nnames: [cat, dog]\n");
    const auto read = read_all(folder_, "train");
    EXPECT_EQ(read.split.entries.images.size(), 2u) << path;
    expect_issue(read.issues, IssueKind::kReadOtherwise, "data.yaml",
                 {"'train' names '" + path, "images/train'"});
  }
  // Neither a split's folder of another name, nor one place for two names.
  for (const std::string lines :
       {"train: images/trian\nval: images/val", "train: /x/train/images\nval: images/val",
        "train: /x/images\nval: /y/images"}) {
    put(folder_ / "data.yaml", lines + "\nnames: [cat, dog]\n");
    expect_said(load_error(), {"data.yaml", "'train' names"});
  }
}

TEST_F(Yolo, ListsOfOtherSystemsAreReadAndSaid) {
  put(folder_ / "data.yaml", "train: train.txt\nnames: [cat, dog]\n");
  for (const std::string prefix :
       {"images\\train\\", "data/images/train/", "C:\\Users\\x\\images\\train\\", "/home/x/images/train/"}) {
    put(folder_ / "train.txt", prefix + "b.png\n" + prefix + "a.jpg\n");
    const auto read = read_all(folder_, "train");
    EXPECT_EQ(names_of(read.split.entries),
              (std::vector<std::string>{"images/train/b.png", "images/train/a.jpg"}));
    ASSERT_EQ(read.split.entries.annotations.size(), 2u) << prefix;
    EXPECT_EQ(read.split.entries.annotations[0].size(), 2u) << prefix;
    ASSERT_FALSE(read.issues.empty());
    EXPECT_EQ(read.issues[0].kind, IssueKind::kReadOtherwise);
    expect_said(read.issues[0].text, {"2 of its lines", prefix + "b.png"});
  }
  put(folder_ / "train.txt", "images/train/b.png\nx/images/train/b.png\n");
  const auto read = read_all(folder_, "train");
  EXPECT_EQ(read.split.entries.images.size(), 1u) << "two names never lead to one image";
}

TEST_F(Yolo, ListsOfImages) {
  put(folder_ / "lists/train.txt", "../images/train/b.png\n\n" + (folder_ / "images/val/c.png").string() +
                                       "\r\n./../images/train/a.jpg\n");
  put(folder_ / "data.yaml", "train: lists/train.txt\nnames: [cat, dog]\n");
  auto read = read_all(folder_, "train");
  EXPECT_TRUE(read.issues.empty());
  EXPECT_EQ(names_of(read.split.entries),
            (std::vector<std::string>{"images/train/b.png", "images/val/c.png", "images/train/a.jpg"}));
  EXPECT_EQ(read.split.entries.annotations[0].size(), 2u);
  put(folder_ / "lists/train.txt", "images/train/b.png\nabsent.png\n");
  read = read_all(folder_, "train");
  EXPECT_EQ(names_of(read.split.entries), std::vector<std::string>{"images/train/b.png"});
  std::erase_if(read.issues, [](const Issue& issue) { return issue.kind == IssueKind::kLeftOut; });
  expect_issue(read.issues, IssueKind::kMissingImage, "absent.png", {"no such image"});
}

TEST_F(Yolo, SeveralSourcesAndFoldersBelow) {
  put_image(folder_ / "images/val/deep/er/d.webp", 10, 10);
  put(folder_ / "labels/val/deep/er/d.txt", "0 0.5 0.5 1 1");
  put(folder_ / "images/val/._c.png", "what macOS leaves");
  put(folder_ / "images/val/notes.txt", "no image");
  put(folder_ / "data.yaml", "train: [images/train, images/val]\nval: images/val\nnames: [cat, dog]\n");
  EXPECT_EQ(names_of(read_all(folder_, "train").split.entries),
            (std::vector<std::string>{"images/train/a.jpg", "images/train/b.png", "images/val/c.png",
                                      "images/val/deep/er/d.webp"}));
  const auto val = read_all(folder_, "val");
  EXPECT_EQ(names_of(val.split.entries), (std::vector<std::string>{"c.png", "deep/er/d.webp"}));
  EXPECT_EQ(val.split.entries.annotations[1].size(), 1u);
}

TEST(YoloLabelPath, LastFolderNamedImagesDecides) {
  EXPECT_EQ(yolo_label_path("/x/images/train/a.b.jpg"), fs::path("/x/labels/train/a.b.txt"));
  EXPECT_EQ(yolo_label_path("/images/x/images/a.jpg"), fs::path("/images/x/labels/a.txt"));
  EXPECT_EQ(yolo_label_path("/x/my_images/a.jpg"), fs::path("/x/my_images/a.txt"));
  EXPECT_EQ(yolo_label_path("/x/images"), fs::path("/x/images.txt")) << "an image may be named so";
  EXPECT_EQ(yolo_label_path("images/a.jpg"), fs::absolute("labels/a.txt"));
}

TEST_F(Yolo, BadImagesAreNamed) {
  put(folder_ / "images/train/c.jpg", "text");
  auto read = read_all(folder_, "train");
  EXPECT_EQ(read.split.entries.images.size(), 2u);
  expect_issue(read.issues, IssueKind::kUndecodableImage, "images/train/c.jpg", {"not a JPEG"});
  expect_said(load_error(), {"images/train/c.jpg: not a JPEG", "focus-detr dataset check", "--split train"});
  put(folder_ / "images/train/c.jpg", encoded(noise(30, 30), ".jpg").substr(0, 500));
  expect_said(load_error(), {"images/train/c.jpg: the JPEG image is truncated"});
}

TEST_F(Yolo, BadLinesAreNamed) {
  put(folder_ / "labels/train/b.txt", "0 0.5 0.5 1 1\n0 0.5 0.5 1\n2 0.5 0.5 1 1\n");
  expect_said(load_error(),
              {"labels/train/b.txt:2: 5 numbers expected, found 4", "focus-detr dataset check"});
  const auto read = read_all(folder_, "train");
  ASSERT_EQ(read.issues.size(), 2u);
  EXPECT_TRUE(read.issues[1].entry.ends_with("b.txt:3"));
  EXPECT_EQ(read.issues[1].kind, IssueKind::kUnknownCategory);
}

TEST_F(Yolo, LabelsThatAreNoFilesOrTooLarge) {
  fs::create_directories(folder_ / "labels/train/a.txt");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kUnreadable, "labels/train/a.txt",
               {"not a file"});
  fs::remove(folder_ / "labels/train/a.txt");
  put(folder_ / "labels/train/a.txt", "");
  fs::resize_file(folder_ / "labels/train/a.txt", uint64_t{1} << 30);
  expect_issue(read_all(folder_, "train").issues, IssueKind::kUnreadable, "labels/train/a.txt",
               {"larger than the 16.0 MiB"});
}

TEST_F(Yolo, LabelsThatCannotBeLookedAtAreNoMissingOnes) {
  for (const char* target : {"a.txt", "nowhere.txt"}) {
    fs::remove(folder_ / "labels/train/a.txt");
    fs::create_symlink(target, folder_ / "labels/train/a.txt");
    expect_issue(read_all(folder_, "train").issues, IssueKind::kUnreadable, "labels/train/a.txt", {"link"});
  }
  fs::remove(folder_ / "labels/train/a.txt");
  EXPECT_TRUE(read_all(folder_, "train").issues.empty());
  fs::create_symlink("nowhere.png", folder_ / "images/train/z.png");
  expect_issue(read_all(folder_, "train").issues, IssueKind::kMissingImage, "images/train/z.png",
               {"the link leads nowhere"});
}

TEST_F(Yolo, MissingSplitsAndFolders) {
  expect_said(load_error("test"), {"data.yaml", "no key 'test'", "add a line", "'test: images/test'"});
  fs::create_directories(folder_ / "test/images");
  expect_said(load_error("test"), {"'test: test/images'"});
  put(folder_ / "data.yaml", "train: photographs/train\nnames: [cat]\n");
  expect_said(load_error(), {"data.yaml", "'train' names 'photographs/train'", "correct the path"});
  fs::create_directories(folder_ / "photographs/train");
  expect_said(load_error(), {"photographs/train: no images"});
  put(folder_ / "data.yaml", "train: images/train/b.png\nnames: [cat]\n");
  expect_said(load_error(), {"b.png; name a folder or a text file"});
  put(folder_ / "data.yaml", "test:\nnames: [cat]\n");
  for (const auto& what : {error_of([&] { splits_of(folder_); }), load_error()}) {
    expect_said(what, {"data.yaml", "none of the keys 'train', 'val' and 'test'", "add lines",
                       "train: images/train"});
  }
  expect_said(error_of([&] { load_split(folder_ / "absent.yaml", "train"); }), {"absent.yaml", "no such"});
}

TEST(YoloConfig, WhatCannotBeUsedIsNamed) {
  const auto error = [](const std::string& text) {
    const auto what = error_of([&] { parse_yolo_config(text, "x/data.yaml"); });
    EXPECT_EQ(what.rfind("x/data.yaml: ", 0), 0u) << what;
    EXPECT_LT(what.size(), 500u);
    return what;
  };
  expect_said(error("names: [a"), {"not valid YAML"});
  expect_said(error(""), {"not a YOLO data set"});
  expect_said(error("- a\n- b\n"), {"not a YOLO data set"});
  expect_said(error("just text"), {"not a YOLO data set"});
  expect_said(error("train: x\n"), {"'names' is missing"});
  expect_said(error("names: [a, {b: c}]"), {"'names'", "entry 1", "is a map, not text"});
  expect_said(error("names: [a, '']"), {"'names'", "entry 1", "is empty"});
  expect_said(error("names: [a, b, ~, d]"),
              {"'names'", "entry 2 (counted from 0)", "empty (null)", "a name"});
  expect_said(error("names:\n- a\n-\n"), {"'names'", "entry 1", "empty (null)"});
  expect_said(error("names: [a, null]"), {"entry 1", "in quotes if it is called null"});
  expect_said(error("names: {0: a, 1: }"), {"'names'", "entry 1", "empty (null)"});
  expect_said(error("names: cat"), {"'names' is the single text 'cat'", "names: [cat]"});
  expect_said(error("names: cat, dog ,big bird"), {"single text", "names: [cat, dog, big bird]"});
  expect_said(error("names: 5"), {"'names' is the single text '5'"});
  expect_said(error("names: {0: a, 2: b}"), {"'names' has 2 entries, but one for 2"});
  expect_said(error("names: {0: a, 0: b}"), {"key '0' comes twice in one map, in line 1, columns 9 and 15",
                                             "Ultralytics silently keeps the last"});
  expect_said(
      error("train: a\nnames: [a]\n\"train\": b\n"),
      {"key 'train' comes twice in one map, in lines 1 and 3", "Ultralytics silently keeps the last"});
  expect_said(error("names: {-1: a}"), {"the entry '-1: a' in line 1", "not a plain number"});
  expect_said(error("names: {0.5: a}"), {"the entry '0.5: a' in line 1", "not a plain number"});
  expect_said(error("names: {x: a}"), {"number: name"});
  expect_said(error("names: {0: [a]}"), {"entry 0", "is a list"});
  expect_said(error("names: [a]\nnc: 2"), {"'nc' is '2'", "1 entries"});
  expect_said(error("names: [a]\nnc: many"), {"'nc' is 'many'"});
  expect_said(error("names: [a]\nnc: [1]"), {"'nc' is not text"});
  expect_said(error("names: [a]\ntrain: {a: b}"), {"'train'"});
  expect_said(error("names: [a]\ntrain: [[b]]"), {"'train'", "entry 0"});
  expect_said(error("names: [a]\npath: [b]"), {"'path' is not text"});
  expect_said(error("names: [a]\nkpt_shape: [17, 3]"), {"kpt_shape", "keypoints"});
  expect_said(error(std::string(100000, '[')), {"line 1", "found a list or map where a key is expected"});
  expect_said(error(std::string(100000, '{')), {"line 1", "found a list or map where a key is expected"});
}

TEST(YoloConfig, MergeKeysAreFollowed) {
  const auto config =
      parse_yolo_config("base: &base {train: a, names: [x, y]}\n<<: *base\nval: b\n", "data.yaml");
  EXPECT_EQ(config.categories.size(), 2U);
  EXPECT_EQ(config.splits.at("train"), std::vector<std::string>{"a"});
}

TEST(YoloConfig, ManyNamesTakeNoLongerThanTheyMust) {
  std::string text = "names:\n";
  for (int i = 50000; i-- > 0;) text += "  " + std::to_string(i) + ": c" + std::to_string(i) + "\n";
  const auto config = parse_yolo_config(text, "data.yaml");
  ASSERT_EQ(config.categories.size(), 50000u);
  EXPECT_EQ(config.categories[7].name, "c7");
}

}  // namespace
