#include "eval/result_ids.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "eval/results_json.h"
#include "support/temporary_folder.h"

namespace {

using namespace focus::eval;
using focus::data::AnnotationStore;

const char* const kPart = R"("category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5})";

/// A data set whose files are sorted by name, as YOLO's: 1, 10, 11, 2 at the places 1 to 4.
AnnotationStore numbered(bool ids_are_places) {
  std::vector<focus::data::ImageRecord> images;
  for (const char* name : {"1.png", "10.png", "11.png", "2.png"}) {
    images.push_back({static_cast<int64_t>(images.size()) + 1, name, {10, 10}});
  }
  return {
      {{1, "cat"}, {2, "dog"}},          images, std::vector<std::vector<focus::data::Annotation>>(4), "", {},
      {.ids_are_places = ids_are_places}};
}

struct Read {
  std::vector<int64_t> images;
  std::string note, error;
};

Read read(const AnnotationStore& store, const std::string& entries, ResultIds ids = {}) {
  const focus::test::TemporaryFolder folder;
  const auto path = folder.path() / "r.json";
  std::ofstream(path) << "[" << entries << "]";
  Read read;
  try {
    const auto results = read_results_json(path, store, ids);
    for (const auto& d : results.detections) read.images.push_back(d.image_id);
    for (const auto& note : results.notes) read.note += note + "\n";
  } catch (const focus::Error& error) {
    read.error = error.what();
    EXPECT_EQ(read.error.find('\n'), std::string::npos);
  }
  return read;
}

std::string entry(const std::string& id, const std::string& file = "") {
  return R"({"image_id": )" + id + (file.empty() ? "" : R"(, "file_name": ")" + file + "\"") + ", " + kPart;
}

void expect_said(const Read& read, std::initializer_list<const char*> words) {
  for (const char* word : words)
    EXPECT_NE(read.error.find(word), std::string::npos) << read.error << "\nlacks " << word;
}

TEST(ResultIds, FileNamesDecideWhereIdsArePlaces) {
  const auto store = numbered(true);
  // As Ultralytics writes: the number in the name, and the name.
  const auto found = read(store, entry("2", "2.png") + "," + entry("10", "10.png"));
  EXPECT_EQ(found.images, (std::vector<int64_t>{4, 2})) << found.error;
  EXPECT_NE(found.note.find("file names"), std::string::npos);
  EXPECT_EQ(read(store, entry("4", "2.png")).images, std::vector<int64_t>{4}) << "as we write: the position";
  EXPECT_EQ(read(store, R"({"file_name": "11.png", )" + std::string(kPart)).images, std::vector<int64_t>{3});
  expect_said(read(store, entry("3", "2.png")),
              {"results[0]", "'image_id' is 3", "position (4)", "'2.png'", "--image-ids"});
  expect_said(read(store, entry("2", "5.png")), {"'file_name' is '5.png'", "no such image"});
}

TEST(ResultIds, NumbersAloneMustSayWhatTheyAre) {
  const auto store = numbered(true);
  EXPECT_EQ(read(store, entry("1")).images, std::vector<int64_t>{1}) << "the same either way";
  EXPECT_EQ(read(store, entry("3") + "," + entry("4")).images, (std::vector<int64_t>{3, 4}))
      << "no such names";
  const auto names = read(store, entry("2") + "," + entry("11"));
  EXPECT_EQ(names.images, (std::vector<int64_t>{4, 3})) << names.error;
  EXPECT_NE(names.note.find("numbers in their file names"), std::string::npos);
  expect_said(read(store, entry("1") + "," + entry("2")), {"position", "fit both", "--image-ids names"});
  EXPECT_EQ(read(store, entry("2"), {.images = ImageIds::kNames}).images, std::vector<int64_t>{4});
  EXPECT_EQ(read(store, entry("2"), {.images = ImageIds::kAnnotations}).images, std::vector<int64_t>{2});
  expect_said(read(store, entry("3") + "," + entry("10")), {"do not all fit either"});
  expect_said(read(store, entry("77")), {"'image_id' is 77", "no such image"});
}

TEST(ResultIds, IdsThatAreTextAreNamesOfFiles) {
  AnnotationStore store{
      {{1, "cat"}}, {{1, "a/x.png", {9, 9}}, {2, "b/x.png", {9, 9}}, {3, "b/frame-7.jpg", {9, 9}}},
      {{}, {}, {}}, "",
      {},           {.ids_are_places = true}};
  EXPECT_EQ(read(store, entry(R"("frame-7")")).images, std::vector<int64_t>{3});
  EXPECT_EQ(read(store, entry(R"("b\\x.png")")).images, std::vector<int64_t>{2});
  EXPECT_EQ(read(store, entry(R"("frame-7")", "frame-7.jpg")).images, std::vector<int64_t>{3});
  expect_said(read(store, entry(R"("x")")), {"several such images"});
  expect_said(read(store, entry(R"("x")", "x.png")), {"'file_name' is 'x.png'", "several such images"});
}

TEST(ResultIds, AnnotationsIdsAreContradictedByNoName) {
  const auto store = numbered(false);
  EXPECT_EQ(read(store, entry("2")).images, std::vector<int64_t>{2})
      << "ids of the annotations are what they are";
  EXPECT_EQ(read(store, entry("2", "10.png")).images, std::vector<int64_t>{2});
  EXPECT_EQ(read(store, entry("2", "images/10.jpg")).images, std::vector<int64_t>{2});
  expect_said(read(store, entry("2", "2.png")),
              {"'image_id' is 2", "'2.png'", "'10.png'", "--image-ids names"});
  expect_said(read(store, entry("10", "10.png")), {"'image_id' is 10", "no image", "--image-ids names"});
  EXPECT_EQ(read(store, entry("2", "2.png"), {.images = ImageIds::kNames}).images, std::vector<int64_t>{4});
  EXPECT_EQ(read(store, entry("2", "2.png"), {.images = ImageIds::kAnnotations}).images,
            std::vector<int64_t>{2});
  EXPECT_EQ(read(store, entry(R"("11")")).images, std::vector<int64_t>{3}) << "a name without its ending";
}

/// What is found if the ids 3, 4 and 8 are the annotations'.
std::vector<int64_t> joined(const std::vector<int64_t>& ids, CategoryIds meaning,
                            std::string* error = nullptr) {
  const AnnotationStore store{{{3, "a"}, {4, "b"}, {8, "c"}}, {}, {}, ""};
  std::vector<BoxDetection> detections;
  for (const int64_t id : ids) detections.push_back({.category_id = id});
  try {
    join_categories(detections, store, meaning, "r.json");
  } catch (const focus::Error& refused) {
    if (error) *error = refused.what();
    return {};
  }
  std::vector<int64_t> found;
  for (const auto& d : detections) found.push_back(d.category_id);
  return found;
}

TEST(ResultIds, CategoriesThatLookLikePlacesAreRefused) {
  using Ids = std::vector<int64_t>;
  EXPECT_EQ(joined({8, 3}, CategoryIds::kByDataset), (Ids{8, 3}));
  EXPECT_EQ(joined({8, 90}, CategoryIds::kByDataset), (Ids{8, 90}))
      << "the evaluation counts what is unknown";
  for (const Ids& ids : {Ids{0, 1, 2}, Ids{1, 2, 3}, Ids{2}, Ids{0}, Ids{77, 99}}) {
    std::string error;
    EXPECT_TRUE(joined(ids, CategoryIds::kByDataset, &error).empty());
    for (const char* word : {"r.json", "category_id", "3, 4, 8", "from-zero", "from-one"})
      EXPECT_NE(error.find(word), std::string::npos) << error;
  }
  EXPECT_EQ(joined({0, 2}, CategoryIds::kFromZero), (Ids{3, 8}));
  EXPECT_EQ(joined({1, 3}, CategoryIds::kFromOne), (Ids{3, 8}));
  EXPECT_EQ(joined({0, 1}, CategoryIds::kAnnotations), (Ids{0, 1}));
  std::string error;
  joined({3}, CategoryIds::kFromZero, &error);
  EXPECT_NE(error.find("is 3, but 3 classes counted from 0 end at 2"), std::string::npos) << error;
  joined({0}, CategoryIds::kFromOne, &error);
  EXPECT_NE(error.find("is 0, but 3 classes counted from 1 end at 3"), std::string::npos) << error;
}

}  // namespace
