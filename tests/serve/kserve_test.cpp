#include "serve/kserve.h"

#include <gtest/gtest.h>

#include <cstring>

#include "data/test_pictures.h"
#include "serve/http_error.h"

namespace focus::serve {
namespace {

using nlohmann::json;

const Admit kRoomForAll = [](int64_t) {};

json request_with(json input) { return {{"inputs", {std::move(input)}}}; }

/// The status and message a request is refused with.
std::pair<int, std::string> refusal(const std::string& body,
                                    const std::optional<std::string>& json_bytes = std::nullopt) {
  try {
    read_infer_request(body, json_bytes, {2, 5000}, kRoomForAll);
  } catch (const HttpError& error) {
    return {error.status(), error.what()};
  }
  return {200, ""};
}

TEST(KServe, EncodedPicturesAsBase64AndBinary) {
  const auto picture = test::noise(4, 6);
  const auto png = test::encoded(picture);
  const uint32_t size = static_cast<uint32_t>(png.size());
  std::string tensor(reinterpret_cast<const char*>(&size), 4);
  tensor += png;
  tensor += tensor;
  json request = request_with({{"name", "image"},
                               {"datatype", "BYTES"},
                               {"shape", {2}},
                               {"parameters", {{"binary_data_size", tensor.size()}}}});
  request["id"] = "seven";
  request["parameters"] = {{"threshold", 0.25}, {"max", 7}, {"keep", "0.5"}, {"binary_data_output", true}};
  const auto head = request.dump();
  const auto read = read_infer_request(head + tensor, std::to_string(head.size()), {}, kRoomForAll);
  ASSERT_EQ(read.jobs.size(), 2U);
  EXPECT_EQ(test::largest_difference(read.jobs[1].picture, picture), 0);
  EXPECT_EQ(read.jobs[0].options.threshold, 0.25);
  EXPECT_EQ(read.jobs[0].options.max_detections, 7);
  EXPECT_EQ(read.jobs[0].keep_ratio, 0.5);
  EXPECT_EQ(read.id, "seven");
  EXPECT_TRUE(read.binary_output);

  // A black PNG of one pixel, as base64.
  const auto one = read_infer_request(request_with({{"name", "image"},
                                                    {"datatype", "BYTES"},
                                                    {"shape", {1}},
                                                    {"data",
                                                     {"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQV"
                                                      "R4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="}}})
                                          .dump(),
                                      std::nullopt, {}, kRoomForAll);
  ASSERT_EQ(one.jobs.size(), 1U);
  EXPECT_EQ(data::size_of(one.jobs[0].picture), (nn::ImageSize{1, 1}));
  EXPECT_FALSE(one.binary_output);
}

TEST(KServe, PixelsAreRgb) {
  const auto read = read_infer_request(request_with({{"name", "image"},
                                                     {"datatype", "UINT8"},
                                                     {"shape", {1, 2, 3}},
                                                     {"data", {{{1, 2, 3}, {4, 5, 6}}}}})
                                           .dump(),
                                       std::nullopt, {}, kRoomForAll);
  ASSERT_EQ(read.jobs.size(), 1U);
  const uint8_t* second = read.jobs[0].picture.row(0) + 3;
  EXPECT_EQ(std::vector<uint8_t>(second, second + 3), (std::vector<uint8_t>{6, 5, 4}));
}

TEST(KServe, AsksForRoomBeforeItDecodes) {
  int64_t wanted = 0;
  const Admit full = [&](int64_t pictures) {
    wanted = pictures;
    fail_http(503, "full");
  };
  const auto status = [&](const json& input) {
    try {
      read_infer_request(request_with(input).dump(), std::nullopt, {}, full);
    } catch (const HttpError& error) {
      return error.status();
    }
    return 200;
  };
  // No pictures at all: decoding them would be answered with 400.
  const json damaged{{"name", "image"}, {"datatype", "BYTES"}, {"shape", {2}}, {"data", {"AAAA", "AAAA"}}};
  EXPECT_EQ(status(damaged), 503);
  EXPECT_EQ(wanted, 2);
  const json pixels{{"name", "image"}, {"datatype", "UINT8"}, {"shape", {3, 1, 1, 3}}, {"data", {"no"}}};
  EXPECT_EQ(status(pixels), 503);
  EXPECT_EQ(wanted, 3);
}

TEST(KServe, WhatIsWrongIsNamed) {
  const auto expect = [](const std::pair<int, std::string>& found, int status, const std::string& words) {
    EXPECT_EQ(found.first, status) << found.second;
    EXPECT_NE(found.second.find(words), std::string::npos) << found.second;
  };
  const auto image = [](json more) {
    json input{{"name", "image"}, {"datatype", "BYTES"}, {"shape", {1}}};
    input.update(more);
    return request_with(input).dump();
  };
  expect(refusal("no json"), 400, "the request");
  expect(refusal(std::string(100, '[')), 400, "the request");
  expect(refusal("{}"), 400, "field 'inputs'");
  expect(refusal(R"({"inputs": [3]})"), 400, "field 'name'");
  expect(refusal(R"({"inputs": []})"), 400, "one input, 'image'");
  expect(refusal(image({{"name", "picture"}})), 400, "one input, 'image'");
  expect(refusal(image({{"datatype", "FP32"}})), 400, "is FP32");
  expect(refusal(image({{"shape", "x"}})), 400, "field 'shape'");
  expect(refusal(image(json::object())), 400, "field 'data'");
  expect(refusal(image({{"data", {"!"}}})), 400, "not base64");
  expect(refusal(image({{"data", {"Zm9v"}}})), 400, "element 0: not a JPEG");
  expect(refusal(image({{"data", {"", ""}}})), 400, "2 elements, but the shape says 1");
  expect(refusal(image({{"data", {"", "", ""}}, {"shape", {3}}})), 413, "3 pictures");
  expect(refusal(image({{"parameters", {{"binary_data_size", 5}}}})), 400,
         "binary_data_size is 5, but only 0");
  expect(refusal(image({{"parameters", {{"binary_data_size", -5}}}})), 400, "not a number");
  const auto head = image({{"parameters", {{"binary_data_size", 5}}}});
  expect(refusal(head + "\xff\xff\xff\xff!", std::to_string(head.size())), 400, "longer than the tensor");
  expect(refusal(head, "99999"), 400, "Inference-Header-Content-Length is '99999'");
  expect(refusal(head, "x"), 400, "Inference-Header-Content-Length");
  const auto raw = [&](json shape, json data) {
    return image({{"datatype", "UINT8"}, {"shape", std::move(shape)}, {"data", std::move(data)}});
  };
  expect(refusal(raw({1, 1, 4}, {1, 2, 3, 4})), 400, "[H, W, 3]");
  expect(refusal(raw({1, 0, 3}, json::array())), 400, "[H, W, 3]");
  expect(refusal(raw({1, 1, 3}, {1, 2})), 400, "2 bytes, but the shape says 3");
  expect(refusal(raw({1, 1, 3}, {1, 2, 256})), 400, "0 to 255");
  expect(refusal(raw({1, 1, 3}, {1, 2, 3, 4})), 400, "0 to 255");
  expect(refusal(raw({int64_t{1} << 40, int64_t{1} << 40, 3}, {1})), 413, "at most");
  json many = json::parse(raw({1, 1, 3}, {1, 2, 3}));
  many["parameters"] = {{"threshold", 3}};
  expect(refusal(many.dump()), 400, "threshold");
}

TEST(KServe, AnswersArePaddedToTheMostDetections) {
  InferRequest request;
  request.id = "a";
  const std::vector<std::vector<detector::Detection>> found{{{1, 2, 3, 4, 0.5, 1}}, {}};
  const auto answer = json::parse(write_infer_response(request, "m", found, {{3, "cat"}, {7, "dog"}}).body);
  EXPECT_EQ(answer["model_name"], "m");
  EXPECT_EQ(answer["id"], "a");
  std::map<std::string, json> outputs;
  for (const auto& output : answer["outputs"]) outputs[output["name"]] = output;
  EXPECT_EQ(outputs["counts"]["data"], json({1, 0}));
  EXPECT_EQ(outputs["boxes"]["shape"], json({2, 1, 4}));
  EXPECT_EQ(outputs["boxes"]["data"], json({1, 2, 3, 4, 0, 0, 0, 0}));
  EXPECT_EQ(outputs["scores"]["data"], json({0.5, 0}));
  EXPECT_EQ(outputs["category_ids"]["data"], json({7, -1}));

  request.binary_output = true;
  const auto binary = write_infer_response(request, "m", found, {{3, "cat"}, {7, "dog"}});
  ASSERT_TRUE(binary.json_bytes);
  EXPECT_EQ(binary.body.size() - *binary.json_bytes, 2 * 8 + 8 * 4 + 2 * 4 + 2 * 8U);
  float x2 = 0;
  std::memcpy(&x2, binary.body.data() + *binary.json_bytes + 16 + 8, 4);
  EXPECT_EQ(x2, 3);
}

}  // namespace
}  // namespace focus::serve
