// Images that are named otherwise or are others, and files of another kind: said in plain words.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "eval/street.h"

namespace focus::test {
namespace {

using namespace eval;
using nlohmann::json;

TEST(ResultsImages, CocosOwnIsPerfectWithoutAWord) {
  const Street street;
  expect_perfect(measure(street, street.as(kAsTheyAre).dump()));
  // YOLOX and SAHI add what COCO's annotations have.
  expect_perfect(measure(street, street
                                     .as([](json& e, const auto&) {
                                       e["segmentation"] = json::array();
                                       e["iscrowd"] = 0, e["area"] = 6300, e["id"] = 0;
                                     })
                                     .dump()));
  // Few and single detections are nothing to doubt.
  const Street one(1);
  expect_perfect(measure(one, one.as(kAsTheyAre).dump()));
}

TEST(ResultsImages, ImagesCountedOtherwiseAreNamed) {
  const Street street;
  const auto place = [](int64_t image) { return (image - 100) / 7; };
  // torchmetrics counts from 0.
  const auto from_zero = street.as([&](json& e, const auto& b) { e["image_id"] = place(b.image); }).dump();
  expect_said(measure(street, from_zero), {"'image_id' is 0", "--image-ids from-zero"});
  expect_perfect(measure(street, from_zero, {.images = ImageIds::kFromZero}));
  const auto from_one = street.as([&](json& e, const auto& b) { e["image_id"] = place(b.image) + 1; }).dump();
  expect_said(measure(street, from_one), {"'image_id' is 1", "from-one"});
  expect_perfect(measure(street, from_one, {.images = ImageIds::kFromOne}));
  expect_said(measure(street, from_one, {.images = ImageIds::kFromZero}),
              {"results[22]", "'image_id' is 12", "counted from 0 end at 11"});
  // Ultralytics writes the number of the file's name.
  const auto named =
      street.as([&](json& e, const auto& b) { e["image_id"] = 1000 + 13 * place(b.image); }).dump();
  expect_said(measure(street, named),
              {"'image_id' is 1000", "'000000001000.jpg' is named", "--image-ids names"});
  expect_perfect(measure(street, named, {.images = ImageIds::kNames}));
  // A data set's ids are 1 to 12, and the first image is not among the results, which count from 0.
  Street counted(12);
  std::vector<data::ImageRecord> records;
  std::vector<std::vector<data::Annotation>> annotations(12);
  for (int64_t i = 0; i < 12; ++i) {
    records.push_back({i + 1, counted.store.image(i).file_name, counted.store.image(i).size});
    const auto of_image = counted.store.annotations(i);
    annotations[static_cast<size_t>(i)].assign(of_image.begin(), of_image.end());
  }
  auto list = counted.as([&](json& e, const auto& b) { e["image_id"] = place(b.image); });
  list.erase(0), list.erase(0);
  counted.store = {counted.store.categories(), records, annotations, ""};
  expect_said(measure(counted, list.dump()), {"'image_id'", "--image-ids from-zero"});
}

TEST(ResultsImages, ResultsOfOtherImagesAreSaid) {
  const Street street;
  expect_said(
      measure(street, street.as([](json& e, const auto& b) { e["image_id"] = b.image + 50000; }).dump()),
      {"'image_id' is 50100", "no such image", "another split"});
  const auto strange = measure(
      street, street.as([](json& e, const Street::Box& b) {
                      e["bbox"] = {400 - b.xywh[0], 5, 20, 20};
                    })
                  .dump());
  EXPECT_LT(strange.ap, 0.1);
  EXPECT_NE(strange.notes.find("hardly at all"), std::string::npos) << strange.notes;
}

TEST(ResultsImages, WhatIsMissingOrTwiceIsSaid) {
  const Street street;
  EXPECT_NE(measure(street, "[]").notes.find("holds no detections"), std::string::npos);
  auto list = street.as(kAsTheyAre);
  auto half = list;
  half.erase(half.begin() + 12, half.end());
  const auto less = measure(street, half.dump());
  EXPECT_NE(less.notes.find("note: 6 of 12 images with annotated boxes have no detection"), std::string::npos)
      << less.notes;
  for (const auto& entry : street.as(kAsTheyAre)) list.push_back(entry);
  const auto twice = measure(street, list.dump());
  EXPECT_LT(twice.ap, 0.9) << "as pycocotools counts";
  EXPECT_NE(
      twice.notes.find("24 of 48 detections repeat another one exactly, such as results[0] and results[24]"),
      std::string::npos)
      << twice.notes;
}

/// FiftyOne's export of predictions: ids of its own, and scores.
TEST(ResultsImages, ADataSetWithScoresIsJoinedByItsNames) {
  const Street street;
  json root{{"info", json::object()},
            {"categories", {{{"id", 0}, {"name", "cat"}}, {{"id", 1}, {"name", "dog"}}}},
            {"images", json::array()},
            {"annotations", street.as([](json& e, const auto& b) {
               e["image_id"] = 1 + (b.image - 100) / 7;
               e["category_id"] = b.category - 2;
             })}};
  for (int64_t i = 0; i < street.store.size(); ++i)
    root["images"].push_back({{"id", i + 1}, {"file_name", street.store.image(i).file_name}});
  expect_perfect(measure(street, root.dump()), "joined by their names");
  for (auto& entry : root["annotations"]) entry.erase("score");
  expect_said(measure(street, root.dump()), {"is a JSON object", "'annotations'", "no 'score'"});
}

TEST(ResultsImages, OtherFilesAreCalledByTheirKind) {
  const Street street;
  const auto list = street.as(kAsTheyAre);
  std::string lines;
  for (const auto& entry : list) lines += entry.dump() + "\n";
  expect_said(measure(street, lines), {"one object per line (JSON Lines)", "one list"});
  expect_perfect(measure(street, "\xEF\xBB\xBF" + list.dump()));
  expect_said(measure(street, "\xEF\xBB\xBF{\"a\": 1}"), {"is a JSON object ('a')"});
  expect_said(measure(street, json{{"predictions", list}}.dump()),
              {"is a JSON object ('predictions')", "not a list"});
  expect_said(measure(street, R"({"a": 1, "a": 2})"), {"'a' twice"});
  expect_said(measure(street, R"([{"file": "a.jpg", "width": 4, "height": 4, "detections": []}])"),
              {"results[0] has no field 'image_id'", "'file', 'width', 'height', 'detections'"});
  expect_said(
      measure(street, R"([{"image_id": 100, "category_id": 1, "boxes": [1, 2, 3, 4], "confidence": 1}])"),
      {"no field 'bbox'", "'boxes', 'confidence'"});
  expect_said(measure(street, "not json"), {"is not JSON"});
}

TEST(ResultsImages, ImagesInAnotherOrderAreNotBlamedOnClasses) {
  const auto street = varied_street(20);
  const auto next =
      street.as([](json& e, const auto& b) { e["image_id"] = b.image == 233 ? 100 : b.image + 7; });
  expect_said(measure(street, next.dump()), {"'image_id'", "of the image before", "ids of the annotations"});
  const auto permuted = measure(
      street,
      street.as([](json& e, const auto& b) { e["image_id"] = 100 + (b.image - 100) * 3 % 140; }).dump());
  expect_warned(permuted, {"% on average", "--image-ids", "--boxes"});
  EXPECT_EQ(permuted.notes.find("classes in another order"), std::string::npos) << permuted.notes;
  // Large boxes overlap those of any image.
  std::vector<std::pair<nn::ImageSize, std::vector<Numbers>>> images;
  for (int i = 0; i < 20; ++i) images.push_back({{400, 400}, {{40.0 + i, 50, 250, 300}}});
  constexpr int64_t kLabels[] = {0, 1, 2, 0, 2, 1};
  auto portraits = street_of(images);
  std::vector<data::ImageRecord> records;
  std::vector<std::vector<data::Annotation>> annotations;
  for (int64_t i = 0; i < 20; ++i) {
    records.push_back(portraits.store.image(i));
    annotations.push_back({portraits.store.annotations(i)[0]});
    annotations.back()[0].label = kLabels[i % 6];
    portraits.boxes[static_cast<size_t>(i)].category = 1 + kLabels[(i + 1) % 6];
  }
  portraits.store = {portraits.store.categories(), records, annotations, ""};
  const auto mixed = measure(portraits, portraits.as(kAsTheyAre).dump());
  expect_warned(mixed, {"20 of 20 boxes", "of another class", "boxes of other images? see --image-ids"});
}

/// Places of a data set without ids count from 1.
TEST(ResultsImages, PlacesFromZeroAreNamed) {
  auto street = varied_street(6);
  std::vector<data::ImageRecord> records;
  std::vector<std::vector<data::Annotation>> annotations;
  for (int64_t i = 0; i < 6; ++i) {
    records.push_back({i + 1, fmt::format("street {}.jpg", i), street.store.image(i).size});
    const auto of_image = street.store.annotations(i);
    annotations.emplace_back(of_image.begin(), of_image.end());
  }
  data::StoreMeaning places;
  places.ids_are_places = true;
  street.store = {street.store.categories(), records, annotations, "", {}, places};
  const auto text = street.as([](json& e, const auto& b) { e["image_id"] = (b.image - 100) / 7; }).dump();
  expect_said(measure(street, text), {"'image_id' is 0", "6 images", "--image-ids from-zero"});
  expect_perfect(measure(street, text, {.images = ImageIds::kFromZero}));
}

}  // namespace
}  // namespace focus::test
