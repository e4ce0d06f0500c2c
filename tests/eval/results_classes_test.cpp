// Classes and scores as other programs count them: right, or refused in plain words.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "eval/street.h"

namespace focus::test {
namespace {

using namespace eval;
using nlohmann::json;

TEST(ResultsClasses, ScoresAreProbabilities) {
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

TEST(ResultsClasses, ScoresAboveOneAreLogits) {
  const Street street;
  expect_said(measure(street, street.as([](json& e, const auto& b) { e["score"] = b.score + 1.4; }).dump()),
              {"'score' is 2.3", "logits"});
}

TEST(ResultsClasses, ClassesCountedFromZeroAreNamed) {
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

TEST(ResultsClasses, ClassesMayBeNamed) {
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
TEST(ResultsClasses, ClassesWhoseIdsAreText) {
  Street street;
  data::DatasetIds ids;
  const std::map<int64_t, std::string> texts{{1, "uuid-bus"}, {2, "uuid-cat"}, {3, "uuid-dog"}};
  for (const auto& [number, text] : texts) ids.categories.add(number, '"' + text + '"');
  std::vector<data::ImageRecord> records;
  std::vector<std::vector<data::Annotation>> annotations;
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

TEST(ResultsClasses, ClassesInAnotherOrderAreSaid) {
  const Street street;
  const auto swapped =
      measure(street, street.as([](json& e, const auto& b) { e["category_id"] = 5 - b.category; }).dump());
  EXPECT_LT(swapped.ap, 0.1);
  EXPECT_NE(swapped.notes.find("24 of 24 boxes that lie on an annotated one are of another class"),
            std::string::npos)
      << swapped.notes;
  EXPECT_NE(swapped.notes.find("'cat' on 'dog' (12)"), std::string::npos) << swapped.notes;
}

}  // namespace
}  // namespace focus::test
