#include "serve/image_request.h"

#include <gtest/gtest.h>

#include "http/error.h"
#include "images/test_images.h"

namespace focus::serve {
namespace {

http::Part field(const std::string& name, std::string_view content) {
  return {name, std::nullopt, "", content};
}
http::Part file(const std::string& name, const std::string& file_name, std::string_view content) {
  return {name, file_name, "", content};
}

/// What a request is refused with.
template <typename Read>
std::string words_of_refusal(const Read& read) {
  try {
    read();
  } catch (const http::HttpError& error) {
    EXPECT_EQ(error.status(), 400);
    return error.what();
  }
  return "";
}
std::string refused_look(const http::Parameters& parameters, bool explain = false) {
  return words_of_refusal([&] { read_look(parameters, explain); });
}

#define EXPECT_SAYS(text, words) EXPECT_NE((text).find(words), std::string::npos) << (text)

TEST(ImageRequest, ParametersSayHowToLook) {
  const auto look = read_look({{"threshold", "0.25"}, {"max", "7"}, {"keep", "0.5"}, {"tiles", "8"}}, false);
  EXPECT_EQ(look.options.threshold, 0.25);
  EXPECT_EQ(look.options.max_detections, 7);
  EXPECT_EQ(look.keep_ratio, 0.5);
  EXPECT_EQ(look.tiles, 8);
  const auto usual = read_look({{"threshold", ""}}, true);
  EXPECT_EQ(usual.options.threshold, 0.3);
  EXPECT_FALSE(usual.keep_ratio);
  EXPECT_TRUE(usual.explain);
}

TEST(ImageRequest, WhatIsWrongWithParametersIsNamed) {
  EXPECT_SAYS(refused_look({{"treshold", "0.5"}}),
              "no parameter 'treshold'; the parameters are threshold, max, keep, tiles");
  EXPECT_SAYS(refused_look({{"threshold", "1.5"}}), "'threshold' is '1.5'; it takes a number from 0 to 1");
  EXPECT_SAYS(refused_look({{"threshold", "nan"}}), "'threshold'");
  EXPECT_SAYS(refused_look({{"threshold", "0.5 "}}), "'threshold'");
  EXPECT_SAYS(refused_look({{"max", "0"}}), "'max'");
  EXPECT_SAYS(refused_look({{"max", "99999999999999999999"}}), "'max'");
  EXPECT_SAYS(refused_look({{"max", "1.5"}}), "'max' is '1.5'; it takes a whole number from 1 to 100000");
  EXPECT_SAYS(refused_look({{"tiles", "9"}}), "'tiles' is '9'; it takes a whole number from 1 to 8");
  EXPECT_SAYS(refused_look({{"tiles", "2"}}, true), "'tiles' works only with /v1/detect");
  EXPECT_SAYS(refused_look({{"max", "1"}, {"max", "2"}}), "'max' is given as '1' and as '2'");
  EXPECT_EQ(refused_look({{"max", "1"}, {"max", "1"}}), "");
  EXPECT_LT(refused_look({{"max", std::string(100000, '7')}}).size(), 400U);
}

TEST(ImageRequest, ABodyIsOneImage) {
  const auto request = read_image_request("bytes", {{"max", "3"}}, true);
  ASSERT_EQ(request.images.size(), 1U);
  EXPECT_EQ(request.images[0].name, "body");
  EXPECT_EQ(request.images[0].bytes, "bytes");
  EXPECT_EQ(request.look.options.max_detections, 3);
  EXPECT_TRUE(request.look.explain);
  EXPECT_SAYS(words_of_refusal([] { read_image_request("", {}, false); }), "the body is empty");
}

TEST(ImageRequest, PartsOfAFormAreImagesOrParameters) {
  const auto png = test::encoded(test::noise(4, 6));
  const auto request = read_image_request(
      {file("b", "second.png", png), field("threshold", "0.5"), file("max", "max", png), field("image", png),
       file("empty", "", ""), file("named", "", png), field("tiles", "2")},
      {{"max", "5"}, {"tiles", "2"}}, false);
  ASSERT_EQ(request.images.size(), 4U) << "in the order sent";
  EXPECT_EQ(request.images[0].name, "second.png");
  EXPECT_EQ(request.images[1].name, "max") << "what has a file name is a file, whatever its field is called";
  EXPECT_EQ(request.images[2].name, "image") << "curl -F image=<file sends no file name";
  EXPECT_EQ(request.images[3].name, "named");
  EXPECT_EQ(request.images[3].bytes, png);
  EXPECT_EQ(request.look.options.threshold, 0.5);
  EXPECT_EQ(request.look.options.max_detections, 5);
  EXPECT_EQ(request.look.tiles, 2);
}

TEST(ImageRequest, AnImageIsToldFromItsBeginning) {
  EXPECT_TRUE(is_image(test::encoded(test::noise(4, 6))));
  EXPECT_TRUE(is_image("GIF89a...................."));
  EXPECT_TRUE(is_image("<!doctype html><p>Not found"));
  for (const std::string& other :
       {std::string(), std::string("no image"), std::string(size_t{1} << 20, '\0')}) {
    EXPECT_FALSE(is_image(other)) << other.size();
  }
  // Brands that nobody knows, and behind them one that is read.
  std::string brands("\0\1\0\0ftypxxxx\0\0\0\0", 16);
  while (brands.size() < 65532) brands += "xxxx";
  EXPECT_TRUE(is_image(brands + "heic"));
}

TEST(ImageRequest, BlanksAroundAFieldAreNoPartOfIt) {
  const auto png = test::encoded(test::noise(4, 6));
  const auto request = read_image_request({file("a", "a.png", png), field("threshold", " 0.5\t"),
                                           field("max", "7\r\n"), field("keep", " \n"), field("tiles", "2 ")},
                                          {{"max", "7"}}, false);
  EXPECT_EQ(request.look.options.threshold, 0.5);
  EXPECT_EQ(request.look.options.max_detections, 7);
  EXPECT_FALSE(request.look.keep_ratio) << "left empty";
  EXPECT_EQ(request.look.tiles, 2);
  EXPECT_SAYS(words_of_refusal([&] {
                read_image_request({file("a", "a.png", png), field("max", "1 2")}, {}, false);
              }),
              "'max' is '1 2'");
}

TEST(ImageRequest, WhatIsWrongWithAFormIsNamed) {
  const auto png = test::encoded(test::noise(4, 6));
  const auto refused = [&](const std::vector<http::Part>& parts, const http::Parameters& query = {}) {
    return words_of_refusal([&] { read_image_request(parts, query, false); });
  };
  EXPECT_SAYS(refused({file("a", "a.png", png), field("comment", "hello")}),
              "part 'comment' of the form is neither an image");
  EXPECT_SAYS(refused({file("a", "a.png", png), field("max", "x")}), "'max' is 'x'");
  EXPECT_SAYS(refused({file("a", "a.png", png), field("max", "2")}, {{"max", "3"}}),
              "'max' is given as '3' and as '2'");
  EXPECT_SAYS(refused({file("a", "a.png", png)}, {{"q", "3"}}), "no parameter 'q'");
  EXPECT_SAYS(refused({field("max", "2")}), "no image");
  EXPECT_SAYS(refused({file("f", "", "")}), "no image");
  EXPECT_SAYS(refused({}), "no image");
  EXPECT_EQ(refused({field("a", std::string_view(png).substr(0, 30))}), "")
      << "its decoder says that it is truncated";
  EXPECT_EQ(refused({field("a", "GIF89a.....................")}), "")
      << "its reader says that GIF is not read";
}

}  // namespace
}  // namespace focus::serve
