// The same perfect detections as many programs write them: right, or refused in plain words.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "eval/coco_evaluator.h"
#include "eval/results_json.h"
#include "support/temporary_folder.h"

namespace {

using namespace focus::eval;
using nlohmann::json;

/// Twelve street scenes with ids like COCO's, three classes of which the first is never detected, two boxes
/// each; every other image is portrait.
struct Street {
  struct Box {
    int64_t image, category;
    std::array<double, 4> xywh;
    double score;
  };
  std::vector<Box> boxes;  // Before the store, which fills it.
  focus::data::AnnotationStore store;

  explicit Street(int64_t images = 12) : store(made(images, boxes)) {}

  static focus::data::AnnotationStore made(int64_t images, std::vector<Box>& boxes) {
    std::vector<focus::data::ImageRecord> records;
    std::vector<std::vector<focus::data::Annotation>> annotations;
    for (int64_t i = 0; i < images; ++i) {
      const int64_t id = 100 + 7 * i, width = i % 2 ? 480 : 640, height = 1120 - width;
      records.push_back({id, fmt::format("{:012}.jpg", 1000 + 13 * i), {height, width}});
      auto& of_image = annotations.emplace_back();
      for (int64_t k = 0; k < 2; ++k) {
        const auto at = static_cast<double>(20 + 17 * i + 140 * k);
        const int64_t label = 1 + (i + k) % 2;
        of_image.push_back({2 * i + k + 1, label, at, at + 30, 90, 70, 6300, false});
        boxes.push_back({id, label + 1, {at, at + 30, 90, 70}, 0.9 - 0.01 * static_cast<double>(i)});
      }
    }
    return {{{1, "bus"}, {2, "cat"}, {3, "dog"}}, records, annotations, ""};
  }

  const focus::data::ImageRecord& image(int64_t id) const { return store.image((id - 100) / 7); }

  json as(const std::function<void(json&, const Box&)>& change) const {
    auto list = json::array();
    for (const auto& box : boxes) {
      json entry{
          {"image_id", box.image}, {"category_id", box.category}, {"bbox", box.xywh}, {"score", box.score}};
      change(entry, box);
      list.push_back(entry);
    }
    return list;
  }
};

struct Measured {
  double ap = -2;
  std::string notes, error;
};

Measured measure(const Street& street, const std::string& text, ResultIds ids = {}) {
  const focus::test::TemporaryFolder folder;
  const auto path = folder.path() / "r.json";
  std::ofstream(path) << text;
  Measured measured;
  try {
    const auto results = read_results_json(path, street.store, ids);
    for (const auto& note : results.notes) measured.notes += note + "\n";
    measured.ap = evaluate(street.store, results.detections).ap;
  } catch (const focus::Error& error) {
    measured.error = error.what();
    EXPECT_EQ(measured.error.find('\n'), std::string::npos);
    EXPECT_EQ(measured.error.rfind(path.string(), 0), 0u) << measured.error;
  }
  return measured;
}

void expect_perfect(const Measured& measured, const std::string& note = "") {
  EXPECT_NEAR(measured.ap, 1, 1e-9) << measured.error;
  EXPECT_NE(measured.notes.find(note), std::string::npos) << measured.notes;
  if (note.empty()) {
    EXPECT_EQ(measured.notes, "");
  }
}

void expect_said(const Measured& measured, std::initializer_list<const char*> words) {
  EXPECT_EQ(measured.ap, -2) << "AP " << measured.ap << " without an error; notes: " << measured.notes;
  for (const char* word : words)
    EXPECT_NE(measured.error.find(word), std::string::npos) << measured.error << "\nlacks " << word;
}

/// Measured, with a word.
void expect_warned(const Measured& measured, std::initializer_list<const char*> words) {
  EXPECT_GE(measured.ap, 0) << measured.error;
  for (const char* word : words)
    EXPECT_NE(measured.notes.find(word), std::string::npos) << measured.notes << "\nlacks " << word;
}

using Change = std::function<void(json&, const Street::Box&)>;
const Change kAsTheyAre = [](json&, const Street::Box&) {};

TEST(ResultsConventions, CocosOwnIsPerfectWithoutAWord) {
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

std::array<double, 4> corners(const std::array<double, 4>& b) {
  return {b[0], b[1], b[0] + b[2], b[1] + b[3]};
}
std::array<double, 4> centred(const std::array<double, 4>& b) {
  return {b[0] + b[2] / 2, b[1] + b[3] / 2, b[2], b[3]};
}
std::array<double, 4> scaled(const std::array<double, 4>& b, double across, double down) {
  return {b[0] * across, b[1] * down, b[2] * across, b[3] * down};
}

struct Written {
  const char* words;
  const char* option;  ///< Empty: there is none, it is to be rewritten.
  std::function<std::array<double, 4>(const std::array<double, 4>&, focus::nn::ImageSize)> box;
};

const std::vector<Written>& ways_to_write_boxes() {
  const auto fraction = [](const std::array<double, 4>& b, focus::nn::ImageSize s) {
    return scaled(b, 1.0 / static_cast<double>(s.width), 1.0 / static_cast<double>(s.height));
  };
  static const std::vector<Written> all{
      {"[x1, y1, x2, y2] in pixels", "xyxy", [](const auto& b, auto) { return corners(b); }},
      {"[centre x, centre y, width, height] in pixels", "cxcywh",
       [](const auto& b, auto) { return centred(b); }},
      {"fractions", "xywh-normalized", fraction},
      {"fractions", "xyxy-normalized", [=](const auto& b, auto s) { return fraction(corners(b), s); }},
      {"fractions", "cxcywh-normalized", [=](const auto& b, auto s) { return fraction(centred(b), s); }},
      {"[y1, x1, y2, x2] in pixels", "",
       [](const auto& b, auto) {
         const auto c = corners(b);
         return std::array<double, 4>{c[1], c[0], c[3], c[2]};
       }},
      {"[y1, x1, y2, x2] in thousandths", "",
       [=](const auto& b, auto s) {
         const auto c = scaled(fraction(corners(b), s), 1000, 1000);
         return std::array<double, 4>{c[1], c[0], c[3], c[2]};
       }},
      {"[x1, y1, x2, y2] in pixels of the image stretched to 320 x 320", "",
       [=](const auto& b, auto s) { return scaled(fraction(corners(b), s), 320, 320); }},
      {"[x, y, width, height] in pixels of the image resized to 416", "",
       [](const auto& b, auto) { return scaled(b, 416.0 / 640, 416.0 / 640); }},
      {"[x, y, width, height] in pixels of the image resized to 1280 and padded to a square", "",
       [](const auto& b, auto s) {
         auto box = scaled(b, 2, 2);
         box[0] += 640 - static_cast<double>(s.width), box[1] += 640 - static_cast<double>(s.height);
         return box;
       }},
  };
  return all;
}

TEST(ResultsConventions, BoxesInOtherWordsAreRefusedAndNamed) {
  for (const int64_t images : {1, 2, 12, 60}) {
    const Street street(images);
    for (const auto& way : ways_to_write_boxes()) {
      if (images == 1 && std::string(way.words).find("of the image ") != std::string::npos)
        continue;  // Portraits tell.
      const auto text = street
                            .as([&](json& e, const Street::Box& box) {
                              e["bbox"] = way.box(box.xywh, street.image(box.image).size);
                            })
                            .dump();
      SCOPED_TRACE(std::to_string(images) + " images, " + way.words + " " + way.option);
      const auto said = measure(street, text);
      if (images >= 12) {
        expect_said(said, {"'bbox'", way.words, way.option, "--boxes xywh"});
      } else {
        expect_warned(said, {"warning: field 'bbox'", way.words, way.option});
      }
      if (*way.option == '\0') continue;
      for (const auto& layout : kStatableLayouts) {
        if (name_of(layout) == way.option) expect_perfect(measure(street, text, {.boxes = layout}));
      }
    }
  }
}

TEST(ResultsConventions, CornersThatLeaveNoSizeAreRefused) {
  const Street street;
  auto list = street.as([](json& e, const auto& box) { e["bbox"] = corners(box.xywh); });
  list[3]["bbox"] = {50, 50, 40, 60};
  expect_said(measure(street, list.dump(), {.boxes = {BoxOrder::kXyxy}}),
              {"results[3]", "[50, 50, 40, 60]", "size below zero"});
  auto negative = street.as(kAsTheyAre);
  negative[2]["bbox"] = {50, 50, -4, 60};
  expect_said(measure(street, negative.dump()), {"results[2]", "size -4 x 60", "[x, y, width, height]"});
}

/// A poor detector's boxes are poor, not of another layout.
TEST(ResultsConventions, PoorBoxesAreMeasured) {
  for (const int64_t images : {1, 12, 60}) {
    const Street street(images);
    double shift = 0;
    const auto poor =
        measure(street, street
                            .as([&](json& e, const Street::Box& box) {
                              shift = shift > 40 ? -40 : shift + 13;
                              e["bbox"] = {box.xywh[0] + shift, box.xywh[1] - shift / 2, 80, 90};
                            })
                            .dump());
    EXPECT_GE(poor.ap, 0) << poor.error;
    EXPECT_LT(poor.ap, 0.8);
  }
}

TEST(ResultsConventions, ScoresAreProbabilities) {
  const Street street;
  expect_said(measure(street, street.as([](json& e, const auto& b) { e["score"] = 100 * b.score; }).dump()),
              {"results[0]", "'score' is 90", "0 to 1", "divide them by 100"});
  expect_said(measure(street, street.as([](json& e, const auto& b) { e["score"] = b.score - 0.85; }).dump()),
              {"'score'", "0 to 1", "logits"});
  expect_said(measure(street, street.as([](json& e, const auto& b) { e["score"] = 1000 * b.score; }).dump()),
              {"'score' is 900", "probabilities"});
  for (const auto& [value, word] : {std::pair<json, const char*>{nullptr, "'score' is null"},
                                    {"0.9", "'score' is \"0.9\""},
                                    {true, "'score' is true"},
                                    {json::array(), "'score' is a list"}}) {
    auto list = street.as(kAsTheyAre);
    list[5]["score"] = value;
    expect_said(measure(street, list.dump()), {"results[5]", word});
  }
  expect_perfect(measure(
      street,
      street.as([](json& e, const auto& b) { e["score"] = b.score > 0.89 ? 1.0000001 : b.score; }).dump()));
}

TEST(ResultsConventions, BoxesAreFourNumbers) {
  const Street street;
  for (const auto& [value, word] : {std::pair<json, const char*>{nullptr, "'bbox' is null"},
                                    {{1, 2, 3, nullptr}, "'bbox[3]' is null"},
                                    {{1, 2, "3", 4}, "'bbox[2]' is \"3\""},
                                    {{{1, 2, 3, 4}}, "'bbox' is a list of 1"},
                                    {{{"x", 1}}, "'bbox' is an object"},
                                    {"1 2 3 4", "'bbox' is \"1 2 3 4\""}}) {
    auto list = street.as(kAsTheyAre);
    list[4]["bbox"] = value;
    expect_said(measure(street, list.dump()), {"results[4]", word});
  }
}

TEST(ResultsConventions, ClassesCountedFromZeroAreNamed) {
  // Class 0 is never detected: 1 and 2 are ids of the annotations, of other classes.
  for (const int64_t images : {1, 12}) {
    const Street street(images);
    const auto text = street.as([](json& e, const auto& b) { e["category_id"] = b.category - 1; }).dump();
    if (images >= 12) {
      expect_said(measure(street, text), {"'category_id'", "--category-ids from-zero", "100 %"});
    } else {
      expect_warned(measure(street, text), {"'category_id'", "--category-ids from-zero", "100 %"});
    }
    expect_perfect(measure(street, text, {.categories = CategoryIds::kFromZero}));
    const auto meant = measure(street, text, {.categories = CategoryIds::kAnnotations});
    EXPECT_LT(meant.ap, 0.5);
    EXPECT_NE(meant.notes.find("of another class: "), std::string::npos) << meant.notes;
    EXPECT_NE(meant.notes.find("'bus' on 'cat'"), std::string::npos) << meant.notes;
  }
}

TEST(ResultsConventions, ClassesMayBeNamed) {
  const Street street;
  const auto name = [&](int64_t id) { return street.store.categories()[static_cast<size_t>(id - 1)].name; };
  expect_perfect(measure(
      street, street.as([&](json& e, const auto& b) { e["category_id"] = name(b.category); }).dump()));
  // SAHI counts from 0 and writes the name as well.
  expect_perfect(measure(street, street
                                     .as([&](json& e, const auto& b) {
                                       e["category_id"] = b.category - 1;
                                       e["category_name"] = name(b.category);
                                     })
                                     .dump()),
                 "category_name, which contradicts category_id in 24 of 24");
  expect_perfect(measure(street, street
                                     .as([&](json& e, const auto& b) {
                                       e.erase("category_id");
                                       e["category_name"] = name(b.category);
                                     })
                                     .dump()));
  expect_said(measure(street, street.as([](json& e, const auto&) { e["category_id"] = "Katze"; }).dump()),
              {"'category_id' is 'Katze'", "'bus', 'cat', 'dog'", "1, 2, 3"});
  expect_said(measure(street, street
                                  .as([](json& e, const auto&) {
                                    e["label"] = e["category_id"];
                                    e.erase("category_id");
                                  })
                                  .dump()),
              {"results[0] has no field 'category_id'", "'label'"});
}

/// Ids of classes that are text in the annotations: numbers stand in for them, and are nobody's ids.
TEST(ResultsConventions, ClassesWhoseIdsAreText) {
  Street street;
  focus::data::DatasetIds ids;
  const std::map<int64_t, std::string> texts{{1, "uuid-bus"}, {2, "uuid-cat"}, {3, "uuid-dog"}};
  for (const auto& [number, text] : texts) ids.categories.add(number, '"' + text + '"');
  std::vector<focus::data::ImageRecord> records;
  std::vector<std::vector<focus::data::Annotation>> annotations;
  for (int64_t i = 0; i < street.store.size(); ++i) {
    records.push_back(street.store.image(i));
    const auto of_image = street.store.annotations(i);
    annotations.emplace_back(of_image.begin(), of_image.end());
  }
  street.store = {street.store.categories(), records, annotations, "", ids};
  const auto with_ids = [&](const auto& id) {
    return street.as([&](json& e, const auto& b) { e["category_id"] = id(b.category); }).dump();
  };
  expect_perfect(measure(street, with_ids([&](int64_t id) { return texts.at(id); })));
  expect_perfect(measure(street, with_ids([](int64_t id) { return id == 2 ? "cat" : "dog"; })));
  const auto numbers = with_ids([](int64_t id) { return id; });
  expect_said(measure(street, numbers), {"'category_id'", "\"uuid-bus\", \"uuid-cat\"", "--category-ids"});
  expect_perfect(measure(street, numbers, {.categories = CategoryIds::kFromOne}));
  const auto places = with_ids([](int64_t id) { return id - 1; });
  expect_perfect(measure(street, places, {.categories = CategoryIds::kFromZero}));
  expect_said(measure(street, with_ids([](int64_t) { return "uuid-cow"; })),
              {"'category_id' is 'uuid-cow'", "'bus', 'cat', 'dog'"});
}

TEST(ResultsConventions, ClassesInAnotherOrderAreSaid) {
  const Street street;
  const auto swapped =
      measure(street, street.as([](json& e, const auto& b) { e["category_id"] = 5 - b.category; }).dump());
  EXPECT_LT(swapped.ap, 0.1);
  EXPECT_NE(swapped.notes.find("24 of 24 boxes that lie on an annotated one are of another class"),
            std::string::npos)
      << swapped.notes;
  EXPECT_NE(swapped.notes.find("'cat' on 'dog' (12)"), std::string::npos) << swapped.notes;
}

TEST(ResultsConventions, ImagesCountedOtherwiseAreNamed) {
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
  std::vector<focus::data::ImageRecord> records;
  std::vector<std::vector<focus::data::Annotation>> annotations(12);
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

TEST(ResultsConventions, ResultsOfOtherImagesAreSaid) {
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

TEST(ResultsConventions, WhatIsMissingOrTwiceIsSaid) {
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
TEST(ResultsConventions, ADataSetWithScoresIsJoinedByItsNames) {
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

TEST(ResultsConventions, OtherFilesAreCalledByTheirKind) {
  const Street street;
  const auto list = street.as(kAsTheyAre);
  std::string lines;
  for (const auto& entry : list) lines += entry.dump() + "\n";
  expect_said(measure(street, lines), {"an object a line (JSON Lines)", "one list"});
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

using Numbers = std::array<double, 4>;

/// Images of any size with boxes of class 2.
Street street_of(const std::vector<std::pair<focus::nn::ImageSize, std::vector<Numbers>>>& images) {
  Street street(1);
  street.boxes.clear();
  std::vector<focus::data::ImageRecord> records;
  std::vector<std::vector<focus::data::Annotation>> annotations;
  for (const auto& [size, boxes] : images) {
    const auto i = static_cast<int64_t>(records.size()), id = 100 + 7 * i;
    records.push_back({id, fmt::format("{:012}.jpg", 1000 + 13 * i), size});
    auto& of_image = annotations.emplace_back();
    for (const auto& b : boxes) {
      of_image.push_back({i + 1, 1 + std::ssize(of_image) % 2, b[0], b[1], b[2], b[3], b[2] * b[3], false});
      street.boxes.push_back({id, of_image.back().label + 1, b, 0.9});
    }
  }
  street.store = {{{1, "bus"}, {2, "cat"}, {3, "dog"}}, records, annotations, ""};
  return street;
}

/// Boxes of all sizes all over images of several shapes.
Street varied_street(int64_t images) {
  uint32_t state = 1;
  const auto random = [&](double least, double most) {
    state = state * 1664525u + 1013904223u;
    return least + (most - least) * static_cast<double>(state >> 8) / (1 << 24);
  };
  const focus::nn::ImageSize sizes[] = {{480, 640}, {640, 427}, {500, 375}, {375, 500}, {720, 1280}};
  std::vector<std::pair<focus::nn::ImageSize, std::vector<Numbers>>> all;
  for (int64_t i = 0; i < images; ++i) {
    auto& [size, boxes] = all.emplace_back(sizes[i % 5], std::vector<Numbers>{});
    const auto w = static_cast<double>(size.width), h = static_cast<double>(size.height);
    for (int k = 0; k < 3; ++k) {
      const double width = random(20, w / 3), height = random(20, h / 3);
      boxes.push_back({random(0, w - width), random(0, h - height), width, height});
    }
  }
  return street_of(all);
}

Measured with_boxes(const Street& street,
                    const std::function<Numbers(const Numbers&, focus::nn::ImageSize)>& box) {
  return measure(
      street,
      street.as([&](json& e, const Street::Box& b) { e["bbox"] = box(b.xywh, street.image(b.image).size); })
          .dump());
}

/// What few or special boxes may look like by chance is measured.
TEST(ResultsConventions, FewOrSpecialBoxesAreNotRefused) {
  const auto one = [](focus::nn::ImageSize size, const Numbers& truth, const Numbers& found) {
    return with_boxes(street_of({{size, {truth}}}), [&](const auto&, auto) { return found; });
  };
  EXPECT_GE(one({480, 640}, {0, 0, 640, 480}, {0, 0, 512, 384}).ap, 0);
  expect_warned(one({480, 640}, {10, 20, 30, 30}, {10, 20, 40, 50}), {"--boxes xyxy"});
  expect_perfect(one({480, 640}, {1, 1, 1, 1}, {1, 1, 1, 1}));
  EXPECT_GE(one({4000, 4000}, {100, 100, 50, 50}, {0.5, 0.5, 1, 1.5}).ap, 0);
  // The next class, once.
  const auto single = street_of({{{480, 640}, {{50, 60, 70, 80}}}});
  expect_warned(measure(single, single.as([](json& e, const auto&) { e["category_id"] = 1; }).dump()),
                {"--category-ids from-zero"});
  // A quarter of the image, found too far right and down.
  const auto quarters = street_of({{{400, 400}, {{0, 0, 200, 200}, {0, 0, 202, 198}, {2, 0, 200, 200}}}});
  EXPECT_GE(with_boxes(quarters, [](const auto&, auto) { return Numbers{100, 100, 200, 200}; }).ap, 0);
  // Twenty images with one object near the corner, and a detector that finds all too large.
  for (const double factor : {1.3, 1.6, 2.0}) {
    std::vector<std::pair<focus::nn::ImageSize, std::vector<Numbers>>> images;
    for (int i = 0; i < 20; ++i) {
      const double side = 100 + 13 * i;
      images.push_back({{480, 640}, {{0.1 * (i % 5), 0.3 * (i % 4), side, 0.6 * side}}});
    }
    const auto corner = street_of(images);
    EXPECT_GE(with_boxes(corner,
                         [&](const auto& b, auto) {
                           return Numbers{b[0], b[1], factor * b[2], factor * b[3]};
                         })
                  .ap,
              0)
        << factor;
    EXPECT_GE(with_boxes(corner, [&](const auto& b, auto) { return scaled(b, factor, factor); }).ap, 0)
        << factor;
  }
  // Everything one class lower is a mistake that a detector of one class makes.
  const auto varied = varied_street(30);
  EXPECT_GE(measure(varied, varied
                                .as([](json& e, const auto& b) {
                                  e["category_id"] = 1, e["score"] = b.category == 2 ? 0.9 : 0.1;
                                })
                                .dump())
                .ap,
            0);
}

TEST(ResultsConventions, AnySizeOfAResizedImageIsNamed) {
  const auto street = varied_street(20);
  expect_perfect(with_boxes(street, [](const auto& b, auto) { return b; }));
  for (const int side : {90, 128, 300, 384, 448, 600, 608, 720, 1333}) {
    const auto said = [&](const std::string& words, const auto& box) {
      SCOPED_TRACE(words);
      expect_said(with_boxes(street, box), {"'bbox'", words.c_str(), "--boxes xywh"});
    };
    const auto resized = [&](const auto& b, double from) { return scaled(b, side / from, side / from); };
    const auto width = [](focus::nn::ImageSize s) { return static_cast<double>(s.width); };
    const auto height = [](focus::nn::ImageSize s) { return static_cast<double>(s.height); };
    said(fmt::format("resized to {} at its longer side", side),
         [&](const auto& b, auto s) { return resized(b, std::max(width(s), height(s))); });
    said(fmt::format("resized to {} at its shorter side", side),
         [&](const auto& b, auto s) { return corners(resized(b, std::min(width(s), height(s)))); });
    said(fmt::format("stretched to {0} x {0}", side),
         [&](const auto& b, auto s) { return scaled(b, side / width(s), side / height(s)); });
    said(fmt::format("resized to {} and padded to a square", side), [&](const auto& b, auto s) {
      const double longer = std::max(width(s), height(s));
      return resized(Numbers{b[0] + (longer - width(s)) / 2, b[1] + (longer - height(s)) / 2, b[2], b[3]},
                     longer);
    });
  }
}

TEST(ResultsConventions, OtherResizingsAreNamed) {
  const auto street = varied_street(20);
  expect_said(with_boxes(street,
                         [](const auto& b, auto s) {
                           return scaled(b, 640.0 / static_cast<double>(s.width),
                                         384.0 / static_cast<double>(s.height));
                         }),
              {"stretched to 640 x 384"});
  expect_said(with_boxes(street, [](const auto& b, auto) { return scaled(b, 0.5, 0.5); }),
              {"resized by the factor 0.5"});
  expect_said(with_boxes(street,
                         [](const auto& b, auto s) {
                           const auto w = static_cast<double>(s.width), h = static_cast<double>(s.height);
                           const double factor = std::min(800 / std::min(w, h), 1333 / std::max(w, h));
                           return scaled(b, factor, factor);
                         }),
              {"resized to 800 at its shorter side, but at most 1333 at its longer"});
}

TEST(ResultsConventions, TurnedImagesAndOtherOrdersAreNamed) {
  const auto street = varied_street(20);
  using Size = focus::nn::ImageSize;
  const auto w = [](Size s) { return static_cast<double>(s.width); };
  const auto h = [](Size s) { return static_cast<double>(s.height); };
  const auto said = [&](const char* words, const char* advice, const auto& box) {
    SCOPED_TRACE(words);
    expect_said(with_boxes(street, box), {words, advice});
  };
  said("by 90 degrees clockwise", "--exif-orientation", [&](const auto& b, Size s) {
    return Numbers{h(s) - b[1] - b[3], b[0], b[3], b[2]};
  });
  said("by 90 degrees anticlockwise", "--exif-orientation", [&](const auto& b, Size s) {
    return Numbers{b[1], w(s) - b[0] - b[2], b[3], b[2]};
  });
  said("by 180 degrees", "--exif-orientation", [&](const auto& b, Size s) {
    return Numbers{w(s) - b[0] - b[2], h(s) - b[1] - b[3], b[2], b[3]};
  });
  said("mirrored left to right", "top left corner", [&](const auto& b, Size s) {
    return Numbers{w(s) - b[0] - b[2], b[1], b[2], b[3]};
  });
  said("bottom left corner", "top left corner", [&](const auto& b, Size s) {
    return Numbers{b[0], h(s) - b[1] - b[3], b[2], b[3]};
  });
  said("in percent", "write them", [&](const auto& b, Size s) { return scaled(b, 100 / w(s), 100 / h(s)); });
  said("[x1, x2, y1, y2]", "write them", [](const auto& b, Size) {
    return Numbers{b[0], b[0] + b[2], b[1], b[1] + b[3]};
  });
  said("half the width", "write them", [](const auto& b, Size) {
    return Numbers{b[0] + b[2] / 2, b[1] + b[3] / 2, b[2] / 2, b[3] / 2};
  });
  said("of the image padded to a square", "write them", [&](const auto& b, Size s) {
    const double side = std::max(w(s), h(s));
    return Numbers{b[0] + (side - w(s)) / 2, b[1] + (side - h(s)) / 2, b[2], b[3]};
  });
  // Only the images of one camera have an EXIF orientation.
  expect_warned(with_boxes(street,
                           [&](const auto& b, Size s) {
                             return s.width == 427 ? Numbers{h(s) - b[1] - b[3], b[0], b[3], b[2]} : b;
                           }),
                {"4 of 20 images", "by 90 degrees", "--exif-orientation"});
}

TEST(ResultsConventions, ImagesInAnotherOrderAreNotBlamedOnClasses) {
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
  std::vector<std::pair<focus::nn::ImageSize, std::vector<Numbers>>> images;
  for (int i = 0; i < 20; ++i) images.push_back({{400, 400}, {{40.0 + i, 50, 250, 300}}});
  constexpr int64_t kLabels[] = {0, 1, 2, 0, 2, 1};
  auto portraits = street_of(images);
  std::vector<focus::data::ImageRecord> records;
  std::vector<std::vector<focus::data::Annotation>> annotations;
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

TEST(ResultsConventions, CornersOnePixelOffAreSaid) {
  const auto street = varied_street(10);
  expect_warned(with_boxes(street,
                           [](const auto& b, auto) {
                             return Numbers{b[0] + 1, b[1] + 1, b[2] - 1, b[3] - 1};
                           }),
                {"30 of 30 boxes", "one pixel", "--voc-corners plain"});
  expect_warned(with_boxes(street,
                           [](const auto& b, auto) {
                             return Numbers{b[0] - 1, b[1] - 1, b[2] + 1, b[3] + 1};
                           }),
                {"one pixel", "--voc-corners kit"});
}

TEST(ResultsConventions, ScoresAboveOneAreLogits) {
  const Street street;
  expect_said(measure(street, street.as([](json& e, const auto& b) { e["score"] = b.score + 1.4; }).dump()),
              {"'score' is 2.3", "logits"});
}

/// A real detector's boxes are not exact; what else they are is clear all the same, of many.
TEST(ResultsConventions, InexactBoxesOfAnotherLayoutAreRefused) {
  const auto street = varied_street(40);
  double off = 0;
  const auto inexact = [&](const Numbers& b) {
    off = off > 0.1 ? -0.12 : off + 0.07;
    return Numbers{b[0] + off * b[2], b[1] - off * b[3], b[2] * (1 - off), b[3] * (1 + off)};
  };
  EXPECT_EQ(with_boxes(street, [&](const auto& b, auto) { return inexact(b); }).notes, "");
  expect_said(with_boxes(street, [&](const auto& b, auto) { return corners(inexact(b)); }), {"--boxes xyxy"});
  expect_said(with_boxes(street,
                         [&](const auto& b, auto s) {
                           const auto longer = static_cast<double>(std::max(s.width, s.height));
                           return scaled(inexact(b), 608 / longer, 608 / longer);
                         }),
              {"resized to 6", "at its longer side"});
  // A class too low as well.
  expect_said(measure(street, street
                                  .as([&](json& e, const auto& b) {
                                    e["bbox"] = inexact(b.xywh), e["category_id"] = b.category - 1;
                                  })
                                  .dump()),
              {"--category-ids from-zero"});
}

TEST(ResultsConventions, FractionsOfAPaddedImageAreNamed) {
  const auto street = varied_street(20);
  expect_said(with_boxes(street,
                         [](const auto& b, auto s) {
                           const auto w = static_cast<double>(s.width), h = static_cast<double>(s.height);
                           const double side = std::max(w, h);
                           return scaled(Numbers{b[0] + (side - w) / 2, b[1] + (side - h) / 2, b[2], b[3]},
                                         1 / side, 1 / side);
                         }),
              {"in fractions of the sides of the image padded to a square", "--boxes xywh"});
}

/// Places of a data set without ids count from 1.
TEST(ResultsConventions, PlacesFromZeroAreNamed) {
  auto street = varied_street(6);
  std::vector<focus::data::ImageRecord> records;
  std::vector<std::vector<focus::data::Annotation>> annotations;
  for (int64_t i = 0; i < 6; ++i) {
    records.push_back({i + 1, fmt::format("street {}.jpg", i), street.store.image(i).size});
    const auto of_image = street.store.annotations(i);
    annotations.emplace_back(of_image.begin(), of_image.end());
  }
  focus::data::StoreMeaning places;
  places.ids_are_places = true;
  street.store = {street.store.categories(), records, annotations, "", {}, places};
  const auto text = street.as([](json& e, const auto& b) { e["image_id"] = (b.image - 100) / 7; }).dump();
  expect_said(measure(street, text), {"'image_id' is 0", "6 images", "--image-ids from-zero"});
  expect_perfect(measure(street, text, {.images = ImageIds::kFromZero}));
}

}  // namespace
