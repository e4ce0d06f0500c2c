#include "base/json.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace {

TEST(ParseJson, RefusesNestingWithoutEnd) {
  EXPECT_EQ(focus::parse_json("[[1]]", "x", 2).dump(), "[[1]]");
  EXPECT_THROW(focus::parse_json("[[[1]]]", "x", 2), focus::Error);
  EXPECT_THROW(focus::parse_json(std::string(1000000, '['), "x"), focus::Error);
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  EXPECT_THROW(focus::parse_json(deep, "x"), focus::Error);
}

TEST(ParseJson, RefusesAKeyThatComesTwiceInOneObject) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      focus::parse_json(text, "x");
    } catch (const focus::Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(R"({"a": {"b": 1, "c": 2, "b": 1}})"),
            "x: key 'b' comes twice in one object; keep one of them");
  EXPECT_NE(refusal(R"([1, {"a": 1, "\u0061": 2}])"), "") << "however it is written";
  EXPECT_EQ(refusal(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]})"), "") << "one in each object";
}

TEST(ParseJson, NamesTheSource) {
  try {
    focus::parse_json("{\"a\": ", "file.x");
    FAIL();
  } catch (const focus::Error& error) {
    EXPECT_EQ(std::string(error.what()).rfind("file.x: not JSON", 0), 0u) << error.what();
  }
}

TEST(JsonDifferences, NameKeyAndBothValues) {
  const nlohmann::json before = {{"a", {{"x", 1}, {"y", "s"}}}, {"gone", 1}, {"list", {1, 2}}};
  const nlohmann::json after = {{"a", {{"x", 2}, {"y", "s"}}}, {"b", true}, {"list", {1, 2}}};
  const auto differences = focus::json_differences(before, after);
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0].key, "a.x");
  EXPECT_EQ(differences[0].before, "1");
  EXPECT_EQ(differences[0].after, "2");
  EXPECT_EQ(differences[1].key, "b");
  EXPECT_EQ(differences[1].before, "nothing");
  EXPECT_EQ(differences[2].key, "gone");
  EXPECT_EQ(differences[2].after, "nothing");
  EXPECT_TRUE(focus::json_differences(after, after).empty());
}

TEST(JsonDifferences, TreesOfAnotherShapeAreAllDifferent) {
  const nlohmann::json tree = {{"a", {{"x", 2}, {"y", "s"}}}, {"b", true}};
  EXPECT_EQ(focus::json_differences("text", tree).size(), 4u) << "three leaves, and the text";
  const auto differences = focus::json_differences({{"a", {{"x", 1}}}}, {{"a", 1}});
  ASSERT_EQ(differences.size(), 2u) << "a value where an object was";
  EXPECT_EQ(differences[0].key, "a");
  EXPECT_EQ(differences[1].key, "a.x");
}

TEST(Flattened, HasTheLeavesByTheirDottedKeys) {
  const auto leaves = focus::flattened({{"a", {{"b", {{"c", 1}}}, {"d", {1, {{"e", 2}}}}}}, {"f", nullptr}});
  ASSERT_EQ(leaves.size(), 3u);
  EXPECT_EQ(leaves.at("a.b.c"), 1);
  EXPECT_TRUE(leaves.at("a.d").is_array()) << "lists are leaves";
  EXPECT_TRUE(leaves.at("f").is_null());
}

}  // namespace
