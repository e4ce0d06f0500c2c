#include "serve/kserve/response.h"

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

namespace focus::serve::kserve {
namespace {

using nlohmann::json;

const std::vector<data::Category> kCategories{{3, "cat"}, {7, "dog"}};

/// Results of an image with one detection, and of one without.
std::vector<JobResult> one_and_none() {
  std::vector<JobResult> results(2);
  results[0].detections = {{1, 2, 3, 4, 0.5, 1}};
  return results;
}

HttpAnswer answer_of(const std::vector<OutputChoice>& choices, const std::vector<JobResult>& results,
                     const std::string& id = "") {
  return write_http_response({"m", "1", id, make_outputs(choices, results, kCategories)});
}

std::vector<OutputChoice> all(bool binary) { return {{0, binary}, {1, binary}, {2, binary}, {3, binary}}; }

/// Outputs by name.
std::map<std::string, json> by_name(const json& head) {
  std::map<std::string, json> outputs;
  for (const auto& output : head["outputs"]) outputs[output["name"]] = output;
  return outputs;
}

TEST(KServeResponse, OutputsArePaddedToTheMostDetections) {
  const auto answer = answer_of(all(false), one_and_none(), "a");
  EXPECT_FALSE(answer.json_bytes);
  const auto head = json::parse(answer.body);
  EXPECT_EQ(head["model_name"], "m");
  EXPECT_EQ(head["model_version"], "1");
  EXPECT_EQ(head["id"], "a");
  auto outputs = by_name(head);
  EXPECT_EQ(outputs["counts"]["data"], json({1, 0}));
  EXPECT_EQ(outputs["counts"]["shape"], json({2}));
  EXPECT_EQ(outputs["boxes"]["shape"], json({2, 1, 4}));
  EXPECT_EQ(outputs["boxes"]["data"], json({1, 2, 3, 4, 0, 0, 0, 0}));
  EXPECT_EQ(outputs["scores"]["data"], json({0.5, 0}));
  EXPECT_EQ(outputs["category_ids"]["data"], json({7, -1}));
  EXPECT_FALSE(json::parse(answer_of(all(false), one_and_none()).body).contains("id"));
}

TEST(KServeResponse, BinaryOutputsLieBehindTheJsonInTheirOrder) {
  const auto answer = answer_of({{2, true}, {1, false}, {0, true}}, one_and_none());
  ASSERT_TRUE(answer.json_bytes);
  const auto head = json::parse(answer.body.substr(0, *answer.json_bytes));
  ASSERT_EQ(head["outputs"].size(), 3U);
  EXPECT_EQ(head["outputs"][0]["parameters"]["binary_data_size"], 8);
  EXPECT_FALSE(head["outputs"][0].contains("data"));
  EXPECT_TRUE(head["outputs"][1].contains("data"));
  EXPECT_FALSE(head["outputs"][1].contains("parameters"));
  EXPECT_EQ(head["outputs"][2]["parameters"]["binary_data_size"], 16);
  ASSERT_EQ(answer.body.size() - *answer.json_bytes, 24U);
  float score = 0;
  int64_t count = 0;
  std::memcpy(&score, answer.body.data() + *answer.json_bytes, 4);
  std::memcpy(&count, answer.body.data() + *answer.json_bytes + 8, 8);
  EXPECT_EQ(score, 0.5F);
  EXPECT_EQ(count, 1);
}

TEST(KServeResponse, NothingFoundHasShapeAndType) {
  const auto text = answer_of(all(false), std::vector<JobResult>(2));
  auto outputs = by_name(json::parse(text.body));
  EXPECT_EQ(outputs["counts"]["data"], json({0, 0}));
  EXPECT_EQ(outputs["boxes"]["shape"], json({2, 0, 4}));
  EXPECT_EQ(outputs["boxes"]["datatype"], "FP32");
  EXPECT_EQ(outputs["boxes"]["data"], json::array());
  EXPECT_EQ(outputs["scores"]["shape"], json({2, 0}));
  EXPECT_EQ(outputs["category_ids"]["data"], json::array());
  EXPECT_EQ(outputs["category_ids"]["datatype"], "INT64");

  const auto binary = answer_of({{1, true}, {3, true}}, std::vector<JobResult>(1));
  ASSERT_TRUE(binary.json_bytes) << "an empty tensor is binary, too";
  EXPECT_EQ(*binary.json_bytes, binary.body.size());
  outputs = by_name(json::parse(binary.body));
  EXPECT_EQ(outputs["boxes"]["shape"], json({1, 0, 4}));
  EXPECT_EQ(outputs["boxes"]["parameters"]["binary_data_size"], 0);
  EXPECT_FALSE(outputs["boxes"].contains("data"));
  for (const auto& output : make_outputs(all(true), std::vector<JobResult>(1), kCategories)) {
    EXPECT_EQ(output.bytes().empty(), output.spec->name != std::string("counts"));
  }
}

}  // namespace
}  // namespace focus::serve::kserve
