#include "eval/results_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace {

using focus::eval::BoxDetection;
using focus::eval::read_results_json;
using focus::eval::write_results_json;

struct Fixture {
  focus::test::TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "results.json";
  focus::data::AnnotationStore store{
      {{1, "cat"}}, {{7, "a.png", {480, 640}}, {8, "b.png", {480, 640}}}, {{}, {}}, ""};

  std::vector<BoxDetection> read(const std::string& text) {
    std::ofstream(path) << text;
    return read_results_json(path, store).detections;
  }
  std::string error_of(const std::string& text) {
    try {
      read(text);
    } catch (const focus::Error& error) {
      EXPECT_EQ(std::string(error.what()).rfind(path.string(), 0), 0u) << error.what();
      return error.what();
    }
    return "";
  }
};

TEST(ResultsJson, RoundTripKeepsEveryBit) {
  Fixture f;
  const std::vector<BoxDetection> detections{{7, 1, 0.1, -2.5, 1.0 / 3, 1e-7, 0.1f},
                                             {8, 1, 0, 0, 640, 480, 1}};
  write_results_json(f.path, detections, f.store);
  EXPECT_EQ(read_results_json(f.path, f.store).detections, detections);
  write_results_json(f.path, {}, f.store);
  EXPECT_TRUE(read_results_json(f.path, f.store).detections.empty());
}

TEST(ResultsJson, OtherFieldsAreSkipped) {
  Fixture f;
  const auto read = f.read(
      R"([{"segmentation": {"counts": [[1, {"a": []}]], "size": [2, 2]}, "score": 1, "id": "x", "bbox": [1, 2, 3, 4],)"
      R"( "category_id": 1, "image_id": 8.0, "area": null}])");
  EXPECT_EQ(read, (std::vector<BoxDetection>{{8, 1, 1, 2, 3, 4, 1}}));
}

TEST(ResultsJson, FaultsAreNamed) {
  Fixture f;
  const std::string good = R"({"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5})";
  ASSERT_EQ(f.error_of("[" + good + "]"), "");
  const struct {
    std::string text;
    const char* message;
  } cases[] = {
      {"", "is not JSON"},
      {"[" + good, "is not JSON"},
      {R"({"annotations": []})", "is it a file of annotations?"},
      {"12", "is a JSON number"},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5, "score": 0.9}])",
       "results[0] has the field 'score' twice"},
      {"[" + good + ", 12]", "results[1] is not an object"},
      {"[[" + good + "]]", "results[0] is not an object"},
      {R"([{"category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}])", "results[0] has no field 'image_id'"},
      {R"([{"image_id": 7, "bbox": [1, 2, 3, 4], "score": 0.5}])", "has no field 'category_id'"},
      {R"([{"image_id": 7, "category_id": 1, "score": 0.5}])", "has no field 'bbox'"},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}])", "has no field 'score'"},
      {R"([{"image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}])", "field 'image_id' is 9"},
      {R"([{"image_id": "x", "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}])", "'image_id' is \"x\""},
      {R"([{"image_id": 7, "category_id": [1], "bbox": [1, 2, 3, 4], "score": 0.5}])", "nor text"},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3], "score": 0.5}])", "list of 4 numbers"},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, "4"], "score": 0.5}])", "field 'bbox[3]'"},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, -3, 4], "score": 0.5}])",
       "field 'bbox' has size -3 x 4"},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, NaN, 3, 4], "score": 0.5}])",
       "field 'bbox[1]' is \"NaN\""},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": NaN}])",
       "field 'score' is \"NaN\""},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 1e999}])", "is not JSON"},
      {R"([{"image_id": 7, "x": )" + std::string(100'000, '['), "nested deeper"},
  };
  for (const auto& c : cases) {
    const std::string error = f.error_of(c.text);
    EXPECT_NE(error.find(c.message), std::string::npos) << c.text.substr(0, 200) << " -> " << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
  EXPECT_THROW(read_results_json(f.folder.path() / "none.json", f.store), focus::Error);
}

TEST(ResultsJson, IdsAreThoseOfTheAnnotations) {
  Fixture f;
  const std::string big = "340282366920938463463374607431768211455";
  focus::data::DatasetIds ids;
  ids.images.add(1, "\"uuid-a\"");
  ids.images.add(2, big);
  ids.categories.add(1, "\"1\"");
  f.store = {{{1, "cat"}, {2, "dog"}},
             {{1, "a.png", {480, 640}}, {2, "b.png", {480, 640}}, {3, "c.png", {480, 640}}},
             {{}, {}, {}},
             "",
             ids};
  const std::string box = R"("bbox": [1, 2, 3, 4], "score": 1})";
  const auto read =
      f.read(R"([{"image_id": "uuid-a", "category_id": "1", )" + box + R"(, {"image_id": )" + big +
             R"(, "category_id": 1, )" + box + R"(, {"image_id": "3", "category_id": "2", )" + box + "]");
  EXPECT_EQ(read,
            (std::vector<BoxDetection>{{1, 1, 1, 2, 3, 4, 1}, {2, 1, 1, 2, 3, 4, 1}, {3, 2, 1, 2, 3, 4, 1}}))
      << "a number and its text are the same id where only one of them exists";
  write_results_json(f.path, read, f.store);
  std::ifstream in(f.path);
  const std::string written{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(written.find(R"({"image_id":"uuid-a","category_id":"1",)"), std::string::npos) << written;
  EXPECT_NE(written.find(R"({"image_id":)" + big + R"(,"category_id":"1",)"), std::string::npos) << written;
  EXPECT_NE(written.find(R"({"image_id":3,"category_id":2,)"), std::string::npos) << written;
  EXPECT_EQ(read_results_json(f.path, f.store).detections, read);
  // The number that stands in for an id is not that id.
  EXPECT_NE(f.error_of(R"([{"image_id": 1, "category_id": 2, )" + box + "]").find("'image_id' is 1,"),
            std::string::npos);
  const std::string other = R"([{"image_id": 3, "category_id": "other", )" + box + "]";
  EXPECT_NE(f.error_of(other).find("not one 'category_id'"), std::string::npos);
  const auto unknown =
      read_results_json(f.path, f.store, {.categories = focus::eval::CategoryIds::kAnnotations}).detections;
  EXPECT_EQ(unknown.at(0).category_id, focus::eval::kUnknownCategory);
  EXPECT_THROW(write_results_json(f.path, unknown, f.store), focus::Error);
}

TEST(ResultsJson, NumbersThatAreNotFiniteAreNotWritten) {
  Fixture f;
  EXPECT_THROW(
      write_results_json(
          f.path, std::vector<BoxDetection>{{7, 1, 0, 0, 1, 1, std::numeric_limits<double>::quiet_NaN()}},
          f.store),
      focus::Error);
  EXPECT_FALSE(std::filesystem::exists(f.path));
}

}  // namespace
