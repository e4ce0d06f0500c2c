#include "base/numbers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace focus {
namespace {

TEST(Numbers, AreDecimal) {
  EXPECT_EQ(integer_of("0"), 0);
  EXPECT_EQ(integer_of("-0"), 0);
  EXPECT_EQ(integer_of("+12"), 12);
  EXPECT_EQ(integer_of("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"", "08", "010", "-01", "00", "0x10", "0o7", "0b1", "1_000", "1e3", "1.0", "1,5",
                           " 1", "1 ", "+-1", "--1", "+", "9223372036854775808", "yes"}) {
    EXPECT_FALSE(integer_of(text).has_value()) << text;
  }
  EXPECT_EQ(real_of(".5"), 0.5);
  EXPECT_EQ(real_of("5."), 5);
  EXPECT_EQ(real_of("0.5"), 0.5);
  EXPECT_EQ(real_of("+1e-3"), 1e-3);
  EXPECT_EQ(real_of("0e1"), 0);
  EXPECT_EQ(real_of("-inf"), -INFINITY);
  for (const char* text : {"", "08", "08.5", "00.5", "0x1p3", "1_0.5", "1,5", "nan", "1e", " 1", "."}) {
    EXPECT_FALSE(real_of(text).has_value()) << text;
  }
}

TEST(Numbers, OfFilesAreTheWholeText) {
  EXPECT_EQ(parse_number<int64_t>("012"), 12);
  EXPECT_EQ(parse_number<uint8_t>("ff", 16), 255);
  EXPECT_EQ(parse_number<double>("1e-3"), 1e-3);
  for (const char* text : {"", "+1", " 1", "1 ", "1.5", "9223372036854775808"})
    EXPECT_FALSE(parse_number<int64_t>(text).has_value()) << text;
  EXPECT_FALSE(parse_number<uint8_t>("256").has_value());
  EXPECT_FALSE(parse_number<size_t>("-1").has_value());
}

TEST(Numbers, AreTakenFromTheFront) {
  std::string_view text = "12x-7";
  EXPECT_EQ(take_number<int>(text), 12);
  EXPECT_EQ(text, "x-7");
  EXPECT_FALSE(take_number<int>(text).has_value());
  EXPECT_EQ(text, "x-7") << "nothing was taken";
}

TEST(Numbers, OfFieldsMayBeBeyondADouble) {
  EXPECT_EQ(number_of("0.25"), 0.25);
  EXPECT_EQ(number_of("1e999"), INFINITY);
  EXPECT_EQ(number_of("-1e999"), -INFINITY);
  EXPECT_EQ(number_of("1e99999999999999999999"), INFINITY);
  for (const char* text : {"1e-999", "-1e-999", "0.1e-400", "1e-99999999999999999999", "123456e-1000"})
    EXPECT_EQ(number_of(text), 0) << text;
  EXPECT_EQ(number_of(std::string(400, '9')), INFINITY);
  EXPECT_EQ(number_of("0." + std::string(400, '0') + "1"), 0);
  EXPECT_TRUE(std::isnan(number_of("nan").value()));
  for (const char* text : {"", "one", "1,5", "1e999x", "+1"})
    EXPECT_FALSE(number_of(text).has_value()) << text;
}

TEST(Numbers, BeyondTheirRange) {
  for (const char* text : {"99999999999999999999", "-99999999999999999999", "+99999999999999999999"})
    EXPECT_TRUE(is_beyond_range(text, true)) << text;
  for (const char* text : {"1", "", "x", "099999999999999999999", "99999999999999999999x"})
    EXPECT_FALSE(is_beyond_range(text, true)) << text;
  EXPECT_TRUE(is_beyond_range("1e999", false));
  EXPECT_FALSE(is_beyond_range("inf", false));
}

TEST(Numbers, SayWhyTheyAreNoneAndHowToWriteThem) {
  const std::string octal = "many programs read a leading zero as octal; write ";
  EXPECT_EQ(why_no_number("08", true), octal + "8");
  EXPECT_EQ(why_no_number("-010", true), octal + "-10");
  EXPECT_EQ(why_no_number("000", true), octal + "0");
  EXPECT_EQ(why_no_number("08.5", false), octal + "8.5");
  EXPECT_EQ(why_no_number("0x10", true), "this is hexadecimal; write 16");
  EXPECT_EQ(why_no_number("0o17", true), "this is octal; write 15");
  EXPECT_EQ(why_no_number("0B101", false), "this is binary; write 5");
  EXPECT_EQ(why_no_number("1_000", true), "digits must not be grouped; write 1000");
  EXPECT_EQ(why_no_number("1,000", true), "digits must not be grouped; write 1000");
  EXPECT_EQ(why_no_number("1,5", true),
            "the decimal separator is a point (1.5), and an integer has no decimals");
  EXPECT_EQ(why_no_number("1,50", true),
            "the decimal separator is a point (1.50), and an integer has no decimals");
  EXPECT_EQ(why_no_number("1,5", false), "the decimal separator is a point; write 1.5");
  EXPECT_EQ(why_no_number("1e3", true), "write it as an integer: 1000");
  EXPECT_EQ(why_no_number("3.0", true), "write it as an integer: 3");
  EXPECT_EQ(why_no_number("2.5", true), "it has decimals");
  for (const char* text : {"", "six", "-", "0x", "0xg", "1e400", "1.2.3", "__", ",", "1,2,3"}) {
    EXPECT_EQ(why_no_number(text, true), "") << text;
    EXPECT_EQ(why_no_number(text, false), "") << text;
  }
}

}  // namespace
}  // namespace focus
