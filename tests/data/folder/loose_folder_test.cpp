// Data sets as they lie about: annotations and images in folders of any layout.
#include "data/folder/loose_folder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/opencv/dataset_images.h"
#include "support/temporary_folder.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::expect_box;
using test::expect_said;
using test::put;
using test::put_image;
using test::read_all;

constexpr const char* kVocText =
    R"(<annotation><filename>x.jpg</filename><size><width>20</width><height>10</height>
  </size><object><name>pear</name><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>6</xmax><ymax>8</ymax></bndbox></object>
  </annotation>)";
constexpr const char* kLabelmeText =
    R"({"version": "5.3.1", "flags": {}, "shapes": [{"label": "pear", "points":
  [[2, 3], [6, 8]], "group_id": null, "shape_type": "rectangle", "flags": {}}], "imagePath": "x.jpg",
  "imageData": null, "imageHeight": 10, "imageWidth": 20})";
// x 2 to 6, y 3 to 8 of 20 x 10.
constexpr const char* kYoloText = "0 0.2 0.55 0.2 0.5\n";

class LooseFolder : public testing::Test {
 protected:
  void image(const std::string& name) { put_image(folder_ / name, 10, 20); }

  void text(const std::string& name, const std::string& content) { put(folder_ / name, content); }

  /// The files of a split's images, by what the loader makes of the folder, which must be there; each must
  /// have the one box of kYoloText.
  std::vector<std::string> images_of(const std::string& split) {
    notes_.clear();
    const auto store =
        load_split(folder_, split, {}, [&](const std::string& note) { notes_ += note + "\n"; });
    std::vector<std::string> names;
    for (int64_t i = 0; i < store->size(); ++i) {
      EXPECT_TRUE(fs::exists(store->image_path(i))) << store->image_path(i);
      names.push_back(store->image_path(i).lexically_relative(folder_).string());
      const auto boxes = store->annotations(i);
      EXPECT_EQ(boxes.size(), 1u) << names.back();
      if (boxes.size() == 1) expect_box(boxes[0], 2, 3, 4, 5, 1e-6);
    }
    classes_.clear();
    for (const auto& category : store->categories()) classes_.push_back(category.name);
    return names;
  }

  using Names = std::vector<std::string>;

  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
  std::string notes_;
  Names classes_;
};

TEST_F(LooseFolder, YoloWithoutYaml) {
  struct Case {
    std::string what, image, labels, classes;
  };
  for (const auto& [what, image, labels, classes] :
       {Case{"split first", "train/images/a.jpg", "train/labels/a.txt", "classes.txt"},
        Case{"split last", "images/train/a.jpg", "labels/train/a.txt", "labels/classes.txt"},
        Case{"flat", "images/a.jpg", "labels/a.txt", "notes.json"},
        Case{"one folder", "a.jpg", "a.txt", "obj.names"},
        Case{"one folder a split", "train/a.jpg", "train/a.txt", "train/_darknet.labels"},
        Case{"darknet", "obj_train_data/a.jpg", "obj_train_data/a.txt", "obj.names"},
        Case{"other names", "photos/a.jpg", "yolo_txt/a.txt", "yolo_txt/classes.txt"},
        Case{"one folder down", "archive/data/images/a.jpg", "archive/data/labels/a.txt",
             "archive/data/classes.txt"}}) {
    fs::remove_all(folder_);
    this->image(image);
    text(labels, kYoloText);
    text(classes,
         classes == "notes.json" ? R"({"categories": [{"id": 0, "name": "pear"}], "info": {}})" : "pear\n");
    text("README.txt", "Data of pears.\n");
    EXPECT_EQ(dataset_format(folder_), DatasetFormat::kYolo) << what;
    EXPECT_EQ(splits_of(folder_), Names{"train"}) << what;
    EXPECT_EQ(images_of("train"), Names{image}) << what;
    EXPECT_EQ(classes_, Names{"pear"}) << what;
    EXPECT_EQ(notes_, "") << what;
  }
}

TEST_F(LooseFolder, YoloClassesWithoutNamesAreNumberedAndSaid) {
  image("images/a.jpg");
  text("labels/a.txt", "2 0.2 0.55 0.2 0.5\n");
  EXPECT_EQ(images_of("train"), Names{"images/a.jpg"});
  EXPECT_EQ(classes_, (Names{"class 0", "class 1", "class 2"}));
  EXPECT_NE(notes_.find("names the 3 classes"), std::string::npos) << notes_;
  EXPECT_NE(notes_.find("classes.txt with one name per line"), std::string::npos) << notes_;
}

TEST_F(LooseFolder, YoloImagesWithoutLabelsHaveNoObjects) {
  image("images/a.jpg");
  image("images/b.jpg");
  text("labels/a.txt", kYoloText);
  text("classes.txt", "pear\n");
  const auto read = read_all(folder_, "train").split.entries;
  ASSERT_EQ(read.images.size(), 2u);
  EXPECT_EQ(read.annotations[0].size(), 1u);
  EXPECT_TRUE(read.annotations[1].empty());
}

TEST_F(LooseFolder, AYamlOfNamesAloneLeavesTheRestToTheFolders) {
  image("images/a.jpg");
  text("labels/a.txt", kYoloText);
  text("data.yaml", "names:\n- pear\nnc: 1\n");
  EXPECT_EQ(images_of("train"), Names{"images/a.jpg"});
  EXPECT_EQ(classes_, Names{"pear"});
}

TEST_F(LooseFolder, AnyYamlThatDescribesADataSetIsTaken) {
  image("images/train/a.jpg");
  text("labels/train/a.txt", kYoloText);
  text("fruit.yaml", "train: images/train\nnames: [pear]\n");
  text("hyperparameters.yaml", "lr: 1\n");
  EXPECT_EQ(images_of("train"), Names{"images/train/a.jpg"});
  EXPECT_EQ(classes_, Names{"pear"});
  text("other.yaml", "train: images/train\nnames: [apple]\n");
  expect_said(error_of([&] { splits_of(folder_); }), {"fruit.yaml", "other.yaml", "name one"});
}

TEST_F(LooseFolder, ListsDivideImagesOfOneFolder) {
  for (const char* name : {"a", "b", "c"}) {
    image("obj/" + std::string(name) + ".jpg");
    text("obj/" + std::string(name) + ".txt", kYoloText);
  }
  text("obj.data", "classes = 1\ntrain = data/train.txt\nnames = data/fruit.txt\n");
  text("data/fruit.txt", "pear\n");
  text("train.txt", "data/obj/b.jpg\ndata/obj/a.jpg\n");
  text("valid.txt", "C:\\data\\obj\\c.jpg\nC:\\data\\obj\\absent.jpg\n");
  EXPECT_EQ(images_of("train"), (Names{"obj/b.jpg", "obj/a.jpg"}));
  EXPECT_EQ(classes_, Names{"pear"});
  EXPECT_NE(notes_.find("1 of its lines name no image"), std::string::npos) << notes_;
  EXPECT_EQ(images_of("val"), Names{"obj/c.jpg"});
}

TEST_F(LooseFolder, VocInAnyTwoFolders) {
  struct Case {
    std::string what, image, annotation;
  };
  for (const auto& [what, image, annotation] :
       {Case{"two folders", "images/a.jpg", "annotations/a.xml"},
        Case{"VOC without ImageSets", "JPEGImages/a.jpg", "Annotations/a.xml"},
        Case{"split first", "dataset/train/images/a.jpg", "dataset/train/annots/a.xml"},
        Case{"split last", "img/train/a.jpg", "xml/train/a.xml"},
        Case{"beside", "photos/a.jpg", "photos/a.xml"}, Case{"at the root", "a.jpg", "a.xml"},
        Case{"ending kept", "images/a.jpg", "annotations/a.jpg.xml"},
        Case{"the name it states", "images/x.jpg", "annotations/0001.xml"},
        Case{"below", "images/cam1/a.jpg", "annotations/cam1/a.xml"}}) {
    fs::remove_all(folder_);
    this->image(image);
    text(annotation, kVocText);
    EXPECT_EQ(dataset_format(folder_), DatasetFormat::kVoc) << what;
    EXPECT_EQ(images_of("train"), Names{image}) << what;
    EXPECT_EQ(classes_, Names{"pear"}) << what;
    EXPECT_EQ(notes_, "") << what;
  }
}

TEST_F(LooseFolder, VocListsDivideAnyTwoFolders) {
  for (const char* lists : {"ImageSets/Main", "ImageSets", "."}) {
    fs::remove_all(folder_);
    for (const char* name : {"a", "b", "c"}) {
      image("images/" + std::string(name) + ".jpg");
      text("annotations/" + std::string(name) + ".xml", kVocText);
    }
    text(lists + std::string("/train.txt"), "b\na 1\n");
    text(lists + std::string("/test.txt"), "c.jpg\n");
    EXPECT_EQ(splits_of(folder_), (Names{"train", "test"})) << lists;
    EXPECT_EQ(images_of("train"), (Names{"images/b.jpg", "images/a.jpg"})) << lists;
    EXPECT_EQ(images_of("test"), Names{"images/c.jpg"}) << lists;
  }
}

TEST_F(LooseFolder, WhatIsLeftOutIsSaid) {
  image("images/a.jpg");
  image("images/b.jpg");
  image("figures/logo.png");
  text("annotations/a.xml", kVocText);
  text("annotations/c.xml", "<annotation/>");
  EXPECT_EQ(images_of("train"), Names{"images/a.jpg"});
  for (const char* words : {"1 images have no annotation file", "b.jpg", "1 annotation files have no image",
                            "c.xml", "1 images in folders without Pascal VOC annotations", "logo.png"}) {
    EXPECT_NE(notes_.find(words), std::string::npos) << words << "\n" << notes_;
  }
  const auto issues = read_all(folder_, "train").issues;
  EXPECT_EQ(issues.size(), 3u);
  for (const auto& issue : issues) EXPECT_FALSE(is_error(issue.kind)) << issue.text;
}

TEST_F(LooseFolder, SameNamesOfDifferentSplitsAndCamerasStayApart) {
  for (const char* split : {"train", "valid"}) {
    image(std::string(split) + "/images/a.jpg");
    text(std::string(split) + "/labels/a.txt", kYoloText);
  }
  text("classes.txt", "pear\n");
  EXPECT_EQ(images_of("train"), Names{"train/images/a.jpg"});
  EXPECT_EQ(images_of("val"), Names{"valid/images/a.jpg"});
  fs::remove_all(folder_);
  for (const char* camera : {"cam1", "cam2"}) {
    image(std::string("images/") + camera + "/a.jpg");
    text(std::string("annotations/") + camera + "/a.xml", kVocText);
  }
  EXPECT_EQ(images_of("train"), (Names{"images/cam1/a.jpg", "images/cam2/a.jpg"}));
}

TEST_F(LooseFolder, CocoAsToolsWriteIt) {
  const auto coco = [](const std::string& file_name) {
    return R"({"info": {}, "images": [{"id": 3, "file_name": ")" + file_name +
           R"(", "width": 20, "height": 10}],
      "categories": [{"id": 1, "name": "pear"}],
      "annotations": [{"id": 1, "image_id": 3, "category_id": 1, "bbox": [2, 3, 4, 5]}]})";
  };
  struct Case {
    std::string what, image, annotations, file_name;
  };
  for (const auto& [what, image, annotations, file_name] :
       {Case{"FiftyOne", "data/a.jpg", "labels.json", "a.jpg"},
        Case{"Label Studio", "images/a.jpg", "result.json", "images/a.jpg"},
        Case{"Label Studio on Windows", "images/a.jpg", "result.json", "images\\\\a.jpg"},
        Case{"supervision", "images/a.jpg", "annotations.json", "a.jpg"},
        Case{"beside", "a.jpg", "a.json", "a.jpg"},
        Case{"split's name", "images/a.jpg", "annotations/train.json", "a.jpg"},
        Case{"a folder a split", "train/data/a.jpg", "train/labels.json", "a.jpg"},
        Case{"several folders", "images/left/a.jpg", "set.json", "left/a.jpg"}}) {
    fs::remove_all(folder_);
    this->image(image);
    text(annotations, coco(file_name));
    EXPECT_EQ(dataset_format(folder_), DatasetFormat::kCoco) << what;
    EXPECT_EQ(splits_of(folder_), Names{"train"}) << what;
    EXPECT_EQ(images_of("train"), Names{image}) << what;
    EXPECT_EQ(classes_, Names{"pear"}) << what;
  }
  text("copy.json", coco("left/a.jpg"));
  expect_said(error_of([&] { splits_of(folder_); }),
              {"set.json", "copy.json", "one split", "dataset import --images"});
}

TEST_F(LooseFolder, Labelme) {
  image("a.jpg");
  image("frames/b.jpg");
  text("a.json", kLabelmeText);
  text("frames/b.json", kLabelmeText);
  EXPECT_EQ(dataset_format(folder_), DatasetFormat::kLabelme);
  EXPECT_EQ(images_of("train"), (Names{"a.jpg", "frames/b.jpg"}));
  EXPECT_EQ(classes_, Names{"pear"});
}

TEST_F(LooseFolder, TwoListsOfClassesAreTwoDataSets) {
  for (const char* set : {"one", "two"}) {
    image(std::string(set) + "/images/a.jpg");
    text(std::string(set) + "/labels/a.txt", kYoloText);
    text(std::string(set) + "/classes.txt", std::string(set) + "\n");
  }
  expect_said(error_of([&] { load_split(folder_, "train"); }), {"one/classes.txt", "two/classes.txt"});
}

TEST_F(LooseFolder, OneDataSetInAFolderBelowIsFound) {
  image("unpacked/set/images/train/a.jpg");
  text("unpacked/set/labels/train/a.txt", kYoloText);
  text("unpacked/set/data.yaml", "train: images/train\nnames: [pear]\n");
  EXPECT_EQ(images_of("train"), Names{"unpacked/set/images/train/a.jpg"});
  EXPECT_EQ(classes_, Names{"pear"}) << "by the yaml file";
  text("unpacked/twin/data.yaml", "train: images/train\nnames: [pear]\n");
  expect_said(error_of([&] { splits_of(folder_); }), {"several data sets", "unpacked/set", "unpacked/twin"});
}

TEST_F(LooseFolder, LinksAndOddNamesDoNoHarm) {
  image("images/a.jpg");
  text("labels/a.txt", kYoloText);
  text("classes.txt", "pear\n");
  fs::create_directory_symlink(folder_, folder_ / "images" / "loop");
  fs::create_symlink("itself", folder_ / "itself");
  text("labels/" + std::string(250, 'x') + ".txt", "");
  text("images/line\nbreak \xff.txt", "");
  fs::create_directories(folder_ / "images" / "folder.jpg");
  EXPECT_EQ(images_of("train"), Names{"images/a.jpg"});
  fs::create_symlink("absent", folder_ / "images" / "dangling.jpg");
  expect_said(error_of([&] { load_split(folder_, "train"); }), {"images/dangling.jpg", "no such image"});
  fs::remove(folder_ / "images" / "dangling.jpg");
  // A folder of images may be a link itself.
  const test::TemporaryFolder linked;
  fs::create_directory_symlink(folder_ / "images", linked.path() / "images");
  fs::create_directory_symlink(folder_ / "labels", linked.path() / "labels");
  put(linked.path() / "classes.txt", "pear\n");
  EXPECT_EQ(load_split(linked.path(), "train")->size(), 1);
}

TEST_F(LooseFolder, ASlashAtTheEndChangesNothing) {
  image("images/a.jpg");
  text("labels/a.txt", kYoloText);
  text("classes.txt", "pear\n");
  const auto store = load_split(folder_ / "", "train");
  EXPECT_EQ(store->categories()[0].name, "pear");
  EXPECT_TRUE(fs::exists(store->image_path(0)));
}

TEST_F(LooseFolder, TheSurveyIsBounded) {
  for (int i = 0; i < 20; ++i) text("images/" + std::to_string(i) + ".txt", "");
  const auto whole = survey_folder(folder_);
  EXPECT_TRUE(whole.complete);
  const auto part = survey_folder(folder_, 10);
  EXPECT_FALSE(part.complete);
  EXPECT_NE(to_text(part).find("more than was looked at"), std::string::npos) << to_text(part);
}

TEST_F(LooseFolder, ARefusalShowsWhatIsThereAndWhatToDo) {
  const auto refusal = [&] { return error_of([&] { dataset_format(folder_); }); };
  image("shots/a.jpg");
  expect_said(refusal(), {"shots/ (1 images)", "no annotations", "labels/NAME.txt", "classes.txt"});
  text("text/b.txt", kYoloText);
  expect_said(refusal(), {"text/ (1 txt)", "nearest format is YOLO", "'train: shots'", "'val: shots'",
                          "'names: [NAME, ...]'", "dataset import --images " + (folder_ / "shots").string()});
  text("marks/all.xml", "<?xml version='1.0'?><!-- 1.1 --><annotations><image/></annotations>");
  expect_said(refusal(), {"marks/ (1 xml)", "'marks/all.xml' is CVAT's own XML", "export"});
  fs::remove_all(folder_ / "marks");
  for (const auto& [content, what] :
       {std::pair{R"([{"id": 1, "annotations": [], "data": {"image": "a.jpg"}}])", "Label Studio's own JSON"},
        std::pair{R"([{"image": "a.jpg", "annotations": []}])", "Create ML"},
        std::pair{R"([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 1}])",
                  "list of detections"},
        std::pair{R"({"_via_settings": {}, "_via_img_metadata": {}})", "VGG"},
        std::pair{R"({"a.jpg12": {"filename": "a.jpg", "size": 12, "regions": []}})", "VGG"},
        std::pair{R"({"dm_format_version": "1.0", "items": []})", "Datumaro"}}) {
    text("marks/all.json", content);
    expect_said(refusal(), {"'marks/all.json' is ", what});
  }
}

}  // namespace
}  // namespace focus::data
