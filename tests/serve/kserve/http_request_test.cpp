#include "serve/kserve/http_request.h"

#include <gtest/gtest.h>

#include <random>

#include "base/base64.h"
#include "base/memory.h"
#include "images/test_images.h"
#include "serve/kserve/bodies.h"
#include "support/sanitized.h"

namespace focus::serve::kserve {
namespace {

using nlohmann::json;
using test::body_with;
using test::element_of;
using test::expect_refused;
using test::image_input;
using test::refused_body;

TEST(KServeHttpRequest, BinaryTensorsLieBehindTheJson) {
  const auto tensor = element_of("first") + element_of("second");
  json body = body_with(image_input({{"shape", {2}}, {"parameters", {{"binary_data_size", tensor.size()}}}}));
  body["id"] = "seven";
  body["parameters"] = {{"threshold", 0.25}, {"max", 7}, {"keep", "0.5"}, {"binary_data_output", true}};
  body["outputs"] = {{{"name", "boxes"}, {"parameters", {{"binary_data", false}}}}};
  const auto head = body.dump();
  const auto all = head + tensor;
  const auto request = read_http_request(all, std::to_string(head.size()));
  EXPECT_EQ(request.id, "seven");
  ASSERT_EQ(request.inputs.size(), 1U);
  EXPECT_EQ(request.inputs[0].raw, tensor);
  EXPECT_EQ(std::get<double>(request.parameters.at("threshold")), 0.25);
  EXPECT_EQ(std::get<int64_t>(request.parameters.at("max")), 7);
  EXPECT_EQ(std::get<std::string>(request.parameters.at("keep")), "0.5");
  EXPECT_EQ(std::get<bool>(request.outputs.at(0).parameters.at("binary_data")), false);
}

TEST(KServeHttpRequest, TensorsInTheJson) {
  const auto texts = body_with(image_input({{"data", {to_base64("one"), to_base64("")}}})).dump();
  const auto request = read_http_request(texts, std::nullopt);
  ASSERT_TRUE(request.inputs.at(0).elements);
  EXPECT_EQ(request.inputs[0].elements->at(0), "one");
  EXPECT_EQ(request.inputs[0].elements->at(1), "");
  const auto numbers = body_with(image_input({{"data", {{{1, 2}, {3, 255}}}}})).dump();
  EXPECT_EQ(read_http_request(numbers, std::nullopt).inputs.at(0).numbers, std::string_view("\1\2\3\xff"));
}

TEST(KServeHttpRequest, WithoutJsonTheBodyIsTheImage) {
  const auto png = test::encoded(test::noise(4, 6));
  const auto request = read_http_request(png, "0");
  EXPECT_EQ(request.inputs.at(0).elements->at(0), png);
  EXPECT_EQ(refused_body(png, "0").first, 200);
}

TEST(KServeHttpRequest, TheHeadersLengthIsALength) {
  const auto body = body_with(image_input({{"data", {"AAAA"}}})).dump();
  EXPECT_EQ(refused_body(body, std::to_string(body.size())).first, 200);
  for (const char* wrong :
       {"", "x", "-1", "+5", "1.0", "1e2", " 5", "5 ", "99999", "99999999999999999999999"}) {
    expect_refused(refused_body(body, wrong), 400, "Inference-Header-Content-Length");
  }
}

TEST(KServeHttpRequest, WhatIsNoJsonIsSaidShortly) {
  expect_refused(refused_body("no json"), 400, "not JSON");
  expect_refused(refused_body(""), 400, "not JSON");
  expect_refused(refused_body(std::string(1000000, '[')), 400, "nested more than 16 deep");
  expect_refused(refused_body("{\"inputs\": [{\"data\": " + std::string(1000000, '[')), 400,
                 "nested more than 16");
  expect_refused(refused_body("{\"a\": \"" + std::string(100000, 'x')), 400, "not JSON");
  EXPECT_LT(refused_body("{\"a\": \"" + std::string(100000, 'x')).second.size(), 400U);
  std::string many = "[0";
  for (int i = 0; i < 20000; ++i) many += ",0";
  expect_refused(refused_body("{\"x\": " + many + "]}"), 400, "more than 10000 values");
  std::string texts = "[\"\"";
  for (int i = 0; i < 20000; ++i) texts += ",\"\"";
  expect_refused(refused_body("{\"inputs\": [{\"data\": " + texts + "]}]}"), 400, "more than 10000 values");
  expect_refused(refused_body(R"({"id": "a", "id": "b"})"), 400, "key 'id' comes twice");
  expect_refused(refused_body(R"({"inputs": [{"data": [1], "data": [2]}]})"), 400, "key 'data' comes twice");
  expect_refused(refused_body(R"({"inputs": [{"data": [{}]}]})"), 400,
                 "the data of an input contain an object");
  expect_refused(refused_body("{} x"), 400, "not JSON");
  expect_refused(refused_body("{\"a\": 1e999}"), 400, "not JSON");
}

TEST(KServeHttpRequest, FieldsOfAnotherTypeAreNamed) {
  expect_refused(refused_body("[]"), 400, "array, not an object");
  expect_refused(json::object(), 400, "field 'inputs' is missing");
  expect_refused({{"inputs", 3}}, 400, "'inputs' is number");
  expect_refused({{"inputs", {3}}}, 400, "'inputs' has number");
  expect_refused({{"inputs", {json::object()}}}, 400, "field 'name' is missing");
  expect_refused(body_with(image_input({{"name", 3}})), 400, "field 'name' is number");
  expect_refused(body_with(image_input({{"datatype", nullptr}})), 400, "field 'datatype' is null");
  expect_refused(body_with(image_input({{"shape", "x"}})), 400, "'shape' is string");
  expect_refused(body_with(image_input({{"data", "x"}})), 400, "'data' is string");
  expect_refused(body_with(image_input({{"data", json::object()}})), 400, "'data' is object");
  expect_refused(body_with(image_input({{"parameters", 3}})), 400, "'parameters' is number");
  expect_refused(body_with(image_input({{"parameters", {{"a", {1}}}}})), 400, "parameter 'a' is array");
  json body = body_with(image_input({{"data", {"AAAA"}}}));
  body["id"] = 3;
  expect_refused(body, 400, "field 'id' is number");
  body.erase("id");
  body["outputs"] = "boxes";
  expect_refused(body, 400, "'outputs' is string");
  body["outputs"] = {"boxes"};
  expect_refused(body, 400, "'outputs' has string");
  body["outputs"] = {json::object()};
  expect_refused(body, 400, "an output: field 'name' is missing");
  body["outputs"] = json::array();
  EXPECT_EQ(refused_body(body.dump()).first, 200) << "no output in particular: all";
  body["parameters"] = {{"max", uint64_t{1} << 63}};
  expect_refused(body, 400, "parameter 'max' is too large");
}

TEST(KServeHttpRequest, ShapesAreIntegers) {
  for (const char* wrong : {"1.0", "1e30", "\"1\"", "true", "null", "[1]", "9223372036854775808", "1e1"}) {
    const auto body = R"({"inputs": [{"name": "image", "datatype": "BYTES", "data": ["AAAA"], "shape": [)" +
                      std::string(wrong) + "]}]}";
    expect_refused(refused_body(body), 400, "'shape' has");
  }
}

TEST(KServeHttpRequest, BinaryTensorsAreWhereTheirSizesSay) {
  const auto sized = [](const json& size) {
    return image_input({{"parameters", {{"binary_data_size", size}}}});
  };
  const auto body_of = [&](const json& input, const std::string& behind) {
    const auto head = body_with(input).dump();
    return refused_body(head + behind, std::to_string(head.size()));
  };
  EXPECT_EQ(body_of(sized(5), element_of("x")).first, 200);
  expect_refused(body_of(sized(6), element_of("x")), 400, "binary_data_size is 6, but only 5 bytes are left");
  expect_refused(body_of(sized(4), element_of("x")), 400, "1 bytes after the last binary tensor");
  expect_refused(body_of(image_input({{"data", {"AAAA"}}}), "x"), 400,
                 "1 bytes after the last binary tensor");
  expect_refused(refused_body(body_with(sized(5)).dump()), 400, "but only 0");
  for (const json& wrong : {json(-5), json(5.0), json("5"), json(true)}) {
    expect_refused(body_of(sized(wrong), element_of("x")), 400, "binary_data_size is not a number of bytes");
  }
  auto both = sized(5);
  both["data"] = {"AAAA"};
  expect_refused(body_of(both, element_of("x")), 400, "both 'data' and binary_data_size");
}

TEST(KServeHttpRequest, NumbersTakeNoMoreMemoryThanTheirText) {
  if (test::kSanitized) GTEST_SKIP() << "its memory is the sanitizer's";
  std::string body = R"({"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 1, 3], "data": [0)";
  for (int i = 0; i < 5000000; ++i) body += ",0";
  body += "]}]}";
  reset_peak_rss();
  const auto before = peak_rss_bytes();
  expect_refused(refused_body(body), 400, "5000001 bytes, but the shape says 3");
  EXPECT_LT(peak_rss_bytes() - before, 2 * body.size()) << "as values they would take 80 MB";
}

/// A body made of the protocol's words and of what does not belong there.
std::string random_body(std::mt19937& random) {
  const auto below = [&](uint32_t count) { return random() % count; };
  const std::vector<std::string> words{
      "inputs", "outputs", "name",   "shape", "datatype",           "data",
      "image",  "BYTES",   "UINT8",  "id",    "parameters",         "boxes",
      "FP32",   "scores",  "tiles",  "max",   "binary_data_output", "binary_data_size",
      "\xff",   "AAAA",    "counts", "",      "binary_data",        "1"};
  const std::vector<json> numbers{0,     1,         -1,         3,         255,  256,    1.5,
                                  1e300, INT64_MAX, UINT64_MAX, INT64_MIN, true, nullptr};
  std::function<json(int)> value = [&](int depth) -> json {
    const auto kind = below(depth > 5 ? 2 : 5);
    if (kind == 0) return words[below(static_cast<uint32_t>(words.size()))];
    if (kind == 1) return numbers[below(static_cast<uint32_t>(numbers.size()))];
    json made = kind == 2 ? json::array() : json::object();
    for (uint32_t i = below(4); i > 0; --i) {
      if (kind == 2) {
        made.push_back(value(depth + 1));
      } else {
        made[words[below(static_cast<uint32_t>(words.size()))]] = value(depth + 1);
      }
    }
    return made;
  };
  // Mostly nearly right, else few get far.
  json body = body_with(image_input({{"data", {"AAAA"}}}));
  body["outputs"] = {{{"name", "boxes"}}};
  body["parameters"] = {{"max", 3}};
  std::vector<json*> places{&body, &body["inputs"], &body["inputs"][0], &body["outputs"][0],
                            &body["parameters"]};
  for (uint32_t i = below(4); i > 0; --i) {
    json& at = *places[below(static_cast<uint32_t>(places.size()))];
    if (at.is_object()) {
      const auto& word = words[below(static_cast<uint32_t>(words.size()))];
      // What the other places lie in stays.
      if (word != "inputs" && word != "outputs" && word != "parameters") at[word] = value(2);
    } else if (at.is_array() && below(2) == 0) {
      places = {&body};
      body["inputs"].push_back(value(2));
    }
  }
  auto text = body.dump(-1, ' ', false, json::error_handler_t::ignore);
  if (below(3) == 0) {
    for (uint32_t i = below(5); i > 0; --i)
      text[below(static_cast<uint32_t>(text.size()))] = static_cast<char>(random());
  }
  if (below(3) == 0) text += std::string(below(9), static_cast<char>(random()));
  return text;
}

TEST(KServeHttpRequest, RandomBodiesAreUnderstoodOrRefused) {
  std::mt19937 random(25);
  int understood = 0;
  for (int i = 0; i < 10000; ++i) {
    const auto body = random_body(random);
    std::optional<std::string> json_bytes;
    if (i % 2 == 0) json_bytes = std::to_string(body.size() - random() % 12);
    const auto [status, words] = refused_body(body, json_bytes);
    EXPECT_TRUE(status == 200 || status == 400 || status == 413) << body;
    EXPECT_LT(words.size(), 1000U);
    understood += status == 200;
  }
  EXPECT_GT(understood, 100) << "some get through";
}

}  // namespace
}  // namespace focus::serve::kserve
