#include "base/yaml.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace focus {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_yaml(text, "x.yaml", "; others keep the last");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ParseYaml, RefusesAKeyThatComesTwiceAndNamesBothLines) {
  EXPECT_EQ(
      error_of("train:\n  epochs: 9\nmodel: {}\ntrain:\n  seed: 1\n"),
      "x.yaml: key 'train' comes twice in one map, in lines 1 and 4; keep one of them; others keep the last");
  for (const char* text : {
           "a:\n  b: 1\n  b: 1\n",             // nested, and though the values agree
           "a: {b: 1,\n c: 2,\n b: 3}\n",      // in a flow map
           "- b: 1\n  b: 2\n",                 // in a map of a list
           "- [x, {b: 1, \"b\": 2}]\n",        // however it is quoted
           "b: 1\n'b': 2\n",                   //
           "? b\n: 1\n? \"b\"\n: 2\n",         // written at length
           "k: &k b\nm:\n  b: 1\n  *k : 2\n",  // by an alias
           "{\"b\": 1,\n \"b\": 2}\n",         // JSON is YAML
           "!!str b: 1\nb: 2\n",
       }) {
    EXPECT_NE(error_of(text).find("key 'b' comes twice"), std::string::npos) << text << "\n"
                                                                             << error_of(text);
  }
  EXPECT_NE(error_of("1: a\n\"1\": b\n").find("key '1' comes twice"), std::string::npos);
  EXPECT_EQ(error_of("a: {b: 1}\nc: {b: 1}\nd: [{b: 1}, {b: 2}]\nB: 1\nb: 2\n"), "") << "one in each map";
}

TEST(ParseYaml, MergeKeysFillInWhatIsNotThere) {
  const auto root = parse_yaml(
      "base: &base {epochs: 3, lr: 1, inner: &inner {x: 1}}\n"
      "more: &more\n  <<: *base\n  lr: 2\n"
      "one: {<<: *more, seed: 7}\n"
      "two: {<<: [*inner, *base], x: 5}\n",
      "x.yaml");
  EXPECT_EQ(root["one"]["epochs"].as<int>(), 3) << "through a map that merges itself";
  EXPECT_EQ(root["one"]["lr"].as<int>(), 2);
  EXPECT_EQ(root["one"]["seed"].as<int>(), 7);
  EXPECT_EQ(root["one"].size(), 4U) << "and '<<' is no key of its own";
  EXPECT_EQ(root["two"]["x"].as<int>(), 5) << "what a map says itself wins";
  EXPECT_EQ(root["two"]["epochs"].as<int>(), 3);
  EXPECT_EQ(root["base"]["lr"].as<int>(), 1) << "what is merged stays as it is";
  EXPECT_EQ(parse_yaml("'<<': 1", "x")["<<"].as<int>(), 1) << "in quotes it is a key like others";
  EXPECT_NE(error_of("a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n")
                .find("'<<' comes twice in one map, in lines 3 and 4"),
            std::string::npos);
  EXPECT_NE(error_of("a: 1\n<<: 5\n").find("line 2: '<<' takes a map"), std::string::npos)
      << error_of("a: 1\n<<: 5\n");
}

TEST(ParseYaml, NothingBehindADocumentIsLost) {
  EXPECT_EQ(error_of("---\na: 1\n...\n"), "");
  EXPECT_EQ(error_of("# remark\na: 1\n---\n"), "") << "an empty one holds nothing";
  EXPECT_NE(error_of("a: 1\n---\nb: 2\n").find("in a second document"), std::string::npos);
  EXPECT_NE(error_of("a: 1\n---\n- b\n").find("line 3"), std::string::npos);
  EXPECT_TRUE(parse_yaml("", "x").IsNull());
}

TEST(ParseYaml, RefusesWhatHasNoEnd) {
  EXPECT_NE(error_of("a: &a [1, *a]\n").find("line 1: an alias is used within the value it refers to"),
            std::string::npos)
      << error_of("a: &a [1, *a]\n");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto name = std::to_string(i), before = "*a" + std::to_string(i - 1);
    bomb += "a" + name + ": &a" + name + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_NE(error_of(bomb).find("its aliases expand to more than"), std::string::npos) << error_of(bomb);
  EXPECT_NE(error_of("? [a, b]\n: 1\n").find("line 1: found a list or map where a key is expected"),
            std::string::npos);
  EXPECT_NE(error_of("a: [1\n").find("x.yaml: not valid YAML"), std::string::npos);
}

}  // namespace
}  // namespace focus
