#include "serve/kserve/request.h"

#include <gtest/gtest.h>

#include "serve/kserve/bodies.h"
#include "serve/kserve/tensors.h"

namespace focus::serve::kserve {
namespace {

using nlohmann::json;
using test::body_with;
using test::expect_refused;
using test::image_input;

constexpr RequestLimits kLimits{2, 5000};

json good_body() { return body_with(image_input({{"data", {"AAAA"}}})); }

/// What is understood of a body, together with what its images show.
struct Understood {
  explicit Understood(const json& body)
      : text(body.dump()),
        request(read_http_request(text, std::nullopt)),
        inference(understand(request, kLimits)) {}
  std::string text;
  Request request;
  Inference inference;
};

/// Names of the outputs, "!" behind those that are binary.
std::vector<std::string> outputs_of(const json& body) {
  std::vector<std::string> names;
  for (const auto& choice : Understood(body).inference.outputs) {
    names.push_back(output_specs().at(choice.output).name + std::string(choice.binary ? "!" : ""));
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(KServeRequest, OutputsAreThoseAskedForEachAsItAsks) {
  json body = good_body();
  EXPECT_EQ(outputs_of(body), (Names{"counts", "boxes", "scores", "category_ids"}));
  body["parameters"] = {{"binary_data_output", true}};
  EXPECT_EQ(outputs_of(body), (Names{"counts!", "boxes!", "scores!", "category_ids!"}));
  body["outputs"] = {{{"name", "scores"}, {"parameters", {{"binary_data", false}}}}, {{"name", "boxes"}}};
  EXPECT_EQ(outputs_of(body), (Names{"scores", "boxes!"})) << "in the order asked";
  body.erase("parameters");
  body["outputs"][1]["parameters"] = {{"binary_data", true}};
  EXPECT_EQ(outputs_of(body), (Names{"scores", "boxes!"}));
}

TEST(KServeRequest, OutputsThatCannotBeAreNamed) {
  const auto refused = [](json output, const std::string& words) {
    json body = good_body();
    body["outputs"] = {{{"name", "boxes"}}, std::move(output)};
    expect_refused(body, 400, words);
  };
  refused({{"name", "potato"}},
          "no output 'potato'; the outputs are 'counts', 'boxes', 'scores', 'category_ids'");
  refused({{"name", "boxes"}}, "output 'boxes' is requested twice");
  refused({{"name", "scores"}, {"parameters", {{"classification", 3}}}}, "'classification' is not supported");
  refused({{"name", "scores"}, {"parameters", {{"shared_memory_region", "r"}}}},
          "shared memory is not supported");
  refused({{"name", "scores"}, {"parameters", {{"binary_data", "yes"}}}}, "'binary_data' is 'yes'");
  refused({{"name", "scores"}, {"parameters", {{"binary", true}}}}, "no parameter 'binary'");
}

TEST(KServeRequest, ParametersSayHowToLook) {
  json body = good_body();
  body["parameters"] = {
      {"threshold", 0.25}, {"max", 7},      {"keep", "0.5"},    {"tiles", 2},
      {"timeout", 1500},   {"priority", 1}, {"sequence_id", 0}, {"triton_enable_empty_final_response", true}};
  const auto inference = Understood(body).inference;
  EXPECT_EQ(inference.images.look.options.threshold, 0.25);
  EXPECT_EQ(inference.images.look.options.max_detections, 7);
  EXPECT_EQ(inference.images.look.keep_ratio, 0.5);
  EXPECT_EQ(inference.images.look.tiles, 2);
  EXPECT_EQ(inference.timeout, std::chrono::microseconds(1500));
  const auto refused = [&](json parameters, const std::string& words) {
    body["parameters"] = std::move(parameters);
    expect_refused(body, 400, words);
  };
  refused({{"threshold", 3}}, "'threshold' is '3'");
  refused({{"threshold", true}}, "'threshold' is 'true'");
  refused({{"max", 1.5}}, "'max' is '1.5'");
  refused({{"treshold", 0.5}}, "no parameter 'treshold'");
  refused({{"binary_data_output", 1}}, "'binary_data_output' is '1'");
  refused({{"timeout", -1}}, "'timeout' is '-1'");
  refused({{"timeout", "soon"}}, "'timeout' is 'soon'");
}

TEST(KServeRequest, ThereIsOneInput) {
  expect_refused({{"inputs", json::array()}}, 400, "one input, 'image'; the request has none");
  expect_refused(body_with(image_input({{"name", "photograph"}})), 400, "the request has 'photograph'");
  json two = good_body();
  two["inputs"].push_back(two["inputs"][0]);
  expect_refused(two, 400, "the request has 'image', 'image'");
  expect_refused(body_with(image_input({{"parameters", {{"shared_memory_region", "r"}}}})), 400,
                 "shared memory");
  expect_refused(body_with(image_input()), 400, "'image' has no data");
  for (const char* type : {"FP16", "FP32", "BF16", "INT8", "BOOL", "", "bytes"}) {
    expect_refused(body_with(image_input({{"datatype", type}, {"data", {0.5}}})), 400,
                   "'image' is '" + std::string(type) + "'; BYTES");
  }
}

TEST(KServeRequest, EncodedImagesAreAsManyAsTheShapeSays) {
  const Understood understood(body_with(image_input({{"shape", {2}}, {"data", {"AAAA", "AAAA"}}})));
  const auto& inference = understood.inference;
  ASSERT_EQ(inference.images.images.size(), 2U);
  EXPECT_EQ(inference.images.images[1].name, "input 'image', element 1");
  EXPECT_EQ(inference.images.images[1].bytes, std::string_view("\0\0\0", 3));
  const auto refused = [](json shape, json data, int status, const std::string& words) {
    expect_refused(body_with(image_input({{"shape", std::move(shape)}, {"data", std::move(data)}})), status,
                   words);
  };
  refused({1}, {"AAAA", "AAAA"}, 400, "2 elements, but the shape says 1");
  refused({2}, {"AAAA"}, 400, "1 elements, but the shape says 2");
  refused({3}, {"AAAA", "AAAA", "AAAA"}, 413, "3 images in one request; at most 2");
  refused({INT64_MAX}, {"AAAA"}, 413, "at most 2");
  refused({1}, {"AAAA", "AAAA", "AAAA"}, 413, "3 images");
  refused(json::array(), {"AAAA"}, 400, "no dimensions");
  refused({1, 1}, {"AAAA"}, 400, "BYTES must have the shape [N]");
  refused({0}, json::array(), 400, "the shape has 0");
  refused({-1}, {"AAAA"}, 400, "the shape has -1");
  refused({1}, {"!"}, 400, "element 0 is not base64");
  refused({1}, {1, 2}, 400, "base64 strings, not numbers");
  refused({1}, {1, "AAAA"}, 400, "both numbers and strings");
  refused({1}, {1.5}, 400, "its data contain 1.5");
  refused({1}, {nullptr}, 400, "its data contain null");
}

TEST(KServeRequest, BinaryElementsSayTheirLength) {
  const auto raw = [](const std::string& tensor, int64_t images) {
    Request request;
    request.inputs.push_back({.name = "image", .datatype = "BYTES", .shape = {images}});
    request.inputs[0].raw = tensor;
    try {
      return static_cast<int>(understand(request, kLimits).images.images.size());
    } catch (const http::HttpError& error) {
      return -error.status();
    }
  };
  const auto one = test::element_of("abc");
  EXPECT_EQ(raw(one, 1), 1);
  EXPECT_EQ(raw(one + one, 2), 2);
  EXPECT_EQ(raw(one + one, 1), -400);
  EXPECT_EQ(raw(one.substr(0, 6), 1), -400);
  EXPECT_EQ(raw(one.substr(0, 3), 1), -400);
  EXPECT_EQ(raw(one + "x", 1), -400);
  EXPECT_EQ(raw("\xff\xff\xff\xff!", 1), -400);
  EXPECT_EQ(raw("", 1), -400);
  std::string many;
  for (int i = 0; i < 100000; ++i) many += test::element_of("");
  EXPECT_EQ(raw(many, 2), -413);
}

TEST(KServeRequest, PixelsAreAsManyAsTheShapeSays) {
  const Understood understood(
      body_with(image_input({{"datatype", "UINT8"}, {"shape", {2, 1, 1, 3}}, {"data", {1, 2, 3, 4, 5, 6}}})));
  const auto& inference = understood.inference;
  ASSERT_EQ(inference.images.images.size(), 2U);
  EXPECT_EQ(inference.images.images[1].bytes, "\4\5\6");
  EXPECT_EQ(inference.images.images[1].pixels, (nn::ImageSize{1, 1}));
  const auto refused = [](json shape, json data, int status, const std::string& words) {
    expect_refused(body_with(image_input(
                       {{"datatype", "UINT8"}, {"shape", std::move(shape)}, {"data", std::move(data)}})),
                   status, words);
  };
  refused({1, 1, 4}, {1, 2, 3, 4}, 400, "[H, W, 3]");
  refused({1, 3}, {1, 2, 3}, 400, "[H, W, 3]");
  refused({1, 0, 3}, json::array(), 400, "the shape has 0");
  refused({1, 1, 3}, {1, 2}, 400, "2 bytes, but the shape says 3");
  refused({1, 1, 3}, {1, 2, 3, 4}, 400, "4 bytes, but the shape says 3");
  refused({1, 1, 3}, {1, 2, 256}, 400, "its data contain 256");
  refused({1, 1, 3}, {1, 2, -1}, 400, "its data contain -1");
  refused({1, 1, 3}, {"AAAA"}, 400, "numbers, not strings");
  refused({int64_t{1} << 40, int64_t{1} << 40, 3}, {1}, 413, "at most 5000");
  refused({int64_t{1} << 32, int64_t{1} << 32, 3}, {1}, 413, "at most 5000");
  refused({INT64_MAX, INT64_MAX, 3}, {1}, 413, "at most 5000");
  refused({3, 1, 1, 3}, {1}, 413, "3 images");
  refused({100, 51, 3}, {1}, 413, "51 x 100 pixels; at most 5000");
}

}  // namespace
}  // namespace focus::serve::kserve
