#include "serve/grpc/infer_message.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "http/error.h"
#include "serve/grpc/wire.h"

namespace focus::serve::grpc {
namespace {

std::string parameter(const std::string& name, const std::string& value) {
  WireWriter entry;
  entry.text(1, name);
  entry.element(2, value);
  return entry.take();
}

std::string number_value(uint32_t field, uint64_t value) {
  WireWriter writer;
  writer.number(field, value);
  return writer.take();
}

std::string text_value(const std::string& value) {
  WireWriter writer;
  writer.element(3, value);
  return writer.take();
}

std::string double_value(double value) {
  std::string bytes = "\x21";
  const auto bits = std::bit_cast<uint64_t>(value);
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(bits >> (8 * i));
  return bytes;
}

/// An input "image".
std::string input(const std::string& type, const std::vector<int64_t>& shape,
                  const std::string& contents = "") {
  WireWriter writer;
  writer.text(1, "image");
  writer.text(2, type);
  writer.packed(3, shape);
  if (!contents.empty()) writer.element(5, contents);
  return writer.take();
}

std::string bytes_contents(const std::vector<std::string>& elements) {
  WireWriter writer;
  for (const auto& element : elements) writer.element(8, element);
  return writer.take();
}

std::string numbers_contents(uint32_t field, const std::vector<int64_t>& numbers) {
  WireWriter writer;
  writer.packed(field, numbers);
  return writer.take();
}

std::string request_of(const std::vector<std::string>& inputs, const std::vector<std::string>& raw = {}) {
  WireWriter writer;
  for (const auto& one : inputs) writer.element(5, one);
  for (const auto& one : raw) writer.element(7, one);
  return writer.take();
}

/// Status and message a request is refused with; 200 and nothing if it is understood.
std::pair<int, std::string> refused(const std::string& message) {
  try {
    const auto read = read_infer_request(message);
    kserve::understand(read.request, {2, 5000});
  } catch (const http::HttpError& error) {
    return {error.status(), error.what()};
  }
  return {200, ""};
}

void expect_refused(const std::string& message, const std::string& words, int status = 400) {
  const auto [got, said] = refused(message);
  EXPECT_EQ(got, status) << words;
  EXPECT_NE(said.find(words), std::string::npos) << said;
}

TEST(InferMessage, IsReadWithAllItsFields) {
  WireWriter output;
  output.text(1, "scores");
  WireWriter writer;
  writer.text(1, "codes");
  writer.text(2, "1");
  writer.text(3, "7");
  writer.element(4, parameter("max", number_value(2, 5)));
  writer.element(4, parameter("threshold", double_value(0.25)));
  writer.element(4, parameter("keep", text_value("0.5")));
  writer.element(4, parameter("binary_data_output", number_value(1, 1)));
  writer.element(4, parameter("priority", number_value(5, 3)));
  writer.element(5, input("BYTES", {2}, bytes_contents({"first", ""})));
  writer.element(6, output.bytes());
  writer.element(99, "of a later version");
  const std::string message = writer.take();
  const auto read = read_infer_request(message);
  EXPECT_EQ(read.model_name, "codes");
  EXPECT_EQ(read.model_version, "1");
  EXPECT_EQ(read.request.id, "7");
  const auto& parameters = read.request.parameters;
  EXPECT_EQ(std::get<int64_t>(parameters.at("max")), 5);
  EXPECT_EQ(std::get<double>(parameters.at("threshold")), 0.25);
  EXPECT_EQ(std::get<std::string>(parameters.at("keep")), "0.5");
  EXPECT_TRUE(std::get<bool>(parameters.at("binary_data_output")));
  EXPECT_EQ(std::get<int64_t>(parameters.at("priority")), 3);
  ASSERT_EQ(read.request.inputs.size(), 1U);
  const auto& image = read.request.inputs[0];
  EXPECT_EQ(image.shape, std::vector<int64_t>{2});
  EXPECT_EQ(image.elements, (std::vector<std::string_view>{"first", ""}));
  EXPECT_EQ(image.elements->at(0).data(), message.data() + message.find("first")) << "nothing is copied";
  ASSERT_EQ(read.request.outputs.size(), 1U);
  EXPECT_EQ(read.request.outputs[0].name, "scores");
}

TEST(InferMessage, NumbersComePackedOrOneByOne) {
  const std::vector<int64_t> pixels{0, 1, 255, 3, 4, 5};
  const std::string expected("\x00\x01\xFF\x03\x04\x05", 6);
  for (const uint32_t field : {2U, 4U}) {
    const auto packed = request_of({input("UINT8", {1, 2, 3}, numbers_contents(field, pixels))});
    EXPECT_EQ(read_infer_request(packed).request.inputs[0].numbers, expected);
    EXPECT_EQ(refused(packed).first, 200);
    std::string single;
    for (const auto pixel : pixels) {
      single += static_cast<char>(field << 3);
      if (pixel > 127) single += static_cast<char>(pixel | 128);
      single += static_cast<char>(pixel > 127 ? pixel >> 7 : pixel);
    }
    const auto one_by_one = request_of({input("UINT8", {1, 2, 3}, single)});
    EXPECT_EQ(read_infer_request(one_by_one).request.inputs[0].numbers, expected);
  }
}

TEST(InferMessage, RawContentsBelongToInputsInTheirOrder) {
  const std::string element("\x03\x00\x00\x00xyz", 7);
  const auto message = request_of({input("BYTES", {1})}, {element});
  EXPECT_EQ(read_infer_request(message).request.inputs[0].raw, element);
  EXPECT_EQ(refused(message).first, 200);
  EXPECT_EQ(refused(request_of({input("UINT8", {1, 1, 3})}, {"rgb"})).first, 200);
  expect_refused(request_of({input("BYTES", {1})}, {element, element}),
                 "raw_input_contents has 2 entries for 1 inputs");
  expect_refused(request_of({}, {element}), "raw_input_contents has 1 entries for 0 inputs");
  expect_refused(request_of({input("BYTES", {1}, bytes_contents({"x"}))}, {element}),
                 "has contents, but the request also has raw_input_contents");
}

TEST(InferMessage, WhatIsWrongIsNamed) {
  expect_refused("", "there must be one input, 'image'; the request has none");
  expect_refused(request_of({input("BYTES", {1})}), "has no data");
  expect_refused(request_of({input("BYTES", {2}, bytes_contents({"x"}))}),
                 "1 elements, but the shape says 2");
  expect_refused(request_of({input("FP32", {1}, numbers_contents(2, {1}))}), "FP32");
  expect_refused(request_of({input("UINT8", {1, 1, 3}, numbers_contents(4, {1, 2, 256}))}),
                 "256; numbers must be from 0 to 255");
  expect_refused(request_of({input("UINT8", {1, 1, 3}, numbers_contents(2, {1, -2, 3}))}),
                 "-2; numbers must be from 0 to 255");
  expect_refused(request_of({input("UINT8", {1, 1, 3}, numbers_contents(3, {1, 2, 3}))}), "int64_contents");
  expect_refused(
      request_of({input("UINT8", {1, 1, 3}, numbers_contents(4, {1, 2, 3}) + bytes_contents({"x"}))}),
      "both uint_contents and bytes_contents");
  expect_refused(request_of({input("UINT8", {1, 1, 3}, bytes_contents({"rgb"}))}), "numbers, not strings");
  expect_refused(request_of({input("BYTES", {3}, numbers_contents(4, {1, 2, 3}))}), "3 images", 413);
  expect_refused(
      request_of({input("UINT8", {int64_t{1} << 40, int64_t{1} << 40, 3}, numbers_contents(4, {1}))}),
      "pixels", 413);
  expect_refused(request_of({input("UINT8", {-1, 1, 3}, numbers_contents(4, {1}))}),
                 "every dimension must be at least 1");
  WireWriter wrong;
  wrong.number(5, 1);
  expect_refused(wrong.bytes(), "field 'inputs' of the message has the wrong type");
  WireWriter name;
  name.text(3, "\xFF");
  expect_refused(name.bytes(), "field 'id' is not UTF-8");
  WireWriter valueless;
  valueless.element(4, parameter("max", ""));
  expect_refused(valueless.bytes(), "parameter 'max' has no value");
  WireWriter large;
  large.element(4, parameter("max", number_value(5, uint64_t{1} << 63)));
  expect_refused(large.bytes(), "parameter 'max' is too large");
  expect_refused("\x2A\x05x", "field 5 of the message has 5 bytes, but only 1 are left");
}

TEST(InferMessage, PartsAreBounded) {
  const std::vector<std::string> many(kMostParts + 1);
  expect_refused(request_of(many), "more than 10000 parts");
  expect_refused(request_of({}, many), "more than 10000 parts");
  expect_refused(request_of({input("BYTES", {1}, bytes_contents(many))}), "more than 10000 parts");
  expect_refused(request_of({input("BYTES", std::vector<int64_t>(kMostParts + 1, 1))}),
                 "more than 10000 parts");
  WireWriter parameters;
  for (size_t i = 0; i <= kMostParts; ++i)
    parameters.element(4, parameter(std::to_string(i), number_value(2, 1)));
  expect_refused(parameters.bytes(), "more than 10000 parts");
}

TEST(InferMessage, DamageIsRefusedOrRead) {
  WireWriter writer;
  writer.text(1, "codes");
  writer.element(4, parameter("max", number_value(2, 5)));
  writer.element(5, input("UINT8", {1, 2, 3}, numbers_contents(4, {1, 2, 3, 4, 5, 200})));
  writer.element(6, "\x0A\x06scores");
  const std::string good = writer.take();
  ASSERT_EQ(refused(good).first, 200) << refused(good).second;
  std::mt19937 random(3);
  std::map<int, int> statuses;
  for (int i = 0; i < 20000; ++i) {
    std::string bad = good;
    for (size_t change = 0; change <= random() % 3; ++change)
      bad[random() % bad.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bad.resize(random() % bad.size());
    ++statuses[refused(bad).first];
  }
  EXPECT_GT(statuses[400], 5000);
  EXPECT_EQ(statuses[200] + statuses[400] + statuses[413], 20000);
}

TEST(InferMessage, EveryOutputHasItsEntry) {
  kserve::Response response{"codes", "1", "7", {}};
  const auto& specs = kserve::output_specs();
  response.outputs.push_back({&specs[0], {1}, std::vector<int64_t>{0}});
  response.outputs.push_back({&specs[1], {1, 0, 4}, std::vector<float>{}});
  const auto message = write_infer_response(response);
  WireReader reader(message);
  WireField field;
  std::vector<std::string> tensors, raw;
  while (reader.next(field)) {
    if (field.number == 5) tensors.emplace_back(field.bytes);
    if (field.number == 6) raw.emplace_back(field.bytes);
  }
  EXPECT_EQ(tensors.size(), 2U);
  EXPECT_EQ(raw, (std::vector<std::string>{std::string(8, '\0'), ""}));
}

}  // namespace
}  // namespace focus::serve::grpc
