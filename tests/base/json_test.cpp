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

}  // namespace
