#include "http/text.h"

#include <gtest/gtest.h>

#include "http/error.h"

namespace focus::http {
namespace {

TEST(HttpText, DecodesPercentEscapes) {
  EXPECT_EQ(percent_decoded("a%41%7e%00b"), std::string("aA~\0b", 5));
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  for (const auto* bad : {"%", "%4", "a%", "%4g", "%g4", "%%41", "100%"})
    EXPECT_FALSE(percent_decoded(bad)) << bad;
}

TEST(HttpText, ReadsQueriesInOrder) {
  const Parameters expected{{"b", "1 2"}, {"a", ""}, {"b", "=x&"}, {"", "v"}};
  EXPECT_EQ(parse_query("b=1+2&a&&b=%3Dx%26&=v"), expected);
  EXPECT_TRUE(parse_query("").empty());
  std::string many = "a";
  for (int i = 1; i < 200; ++i) many += "&a";
  EXPECT_EQ(parse_query(many).size(), 200u);
  for (const auto& bad : {std::string("a=%"), std::string("%zz=1"), std::string("a=1&b=%1"), many + "&a"}) {
    try {
      parse_query(bad);
      ADD_FAILURE() << bad;
    } catch (const HttpError& error) {
      EXPECT_EQ(error.status(), 400);
    }
  }
}

TEST(HttpText, ComparesFieldsWithoutCase) {
  Fields fields;
  fields.add("Content-Type", "a");
  fields.add("content-TYPE", "b");
  EXPECT_EQ(fields.find("CONTENT-type"), "a");
  EXPECT_FALSE(fields.find("Content"));
  EXPECT_EQ(fields.get("X"), "");
}

TEST(HttpText, ReadsParametersOfValues) {
  const auto parsed =
      parse_parametrised("Form-Data; Name=\"a; \\\"b\\\" c\\\\d\\e\" ;x = y z; filename*=UTF-8''q;");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->value, "form-data");
  EXPECT_EQ(parsed->find("name"), "a; \"b\" c\\d\\e");
  EXPECT_EQ(parsed->find("x"), "y z");
  EXPECT_EQ(parsed->find("filename*"), "UTF-8''q");
  EXPECT_FALSE(parsed->find("filename"));
  for (const auto* bad : {"", ";", "a; b", "a; =b", "a; b=\"c", "a; b=\"c\"d", "a; b c=d"}) {
    EXPECT_FALSE(parse_parametrised(bad)) << bad;
  }
}

TEST(HttpText, ReadsLists) {
  const std::vector<std::string_view> expected{"a", "b c"};
  EXPECT_EQ(list_of(" a ,, b c\t,"), expected);
  EXPECT_TRUE(list_of(" , ").empty());
}

}  // namespace
}  // namespace focus::http
