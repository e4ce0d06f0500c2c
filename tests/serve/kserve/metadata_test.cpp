#include "serve/kserve/metadata.h"

#include <gtest/gtest.h>

#include "http/error.h"
#include "serve/served_models.h"

namespace focus::serve::kserve {
namespace {

using nlohmann::json;

TEST(KServeMetadata, OfTheServerNamesItsExtensions) {
  const auto server = server_metadata("2.1");
  EXPECT_EQ(server["name"], "focus-detr");
  EXPECT_EQ(server["version"], "2.1");
  EXPECT_EQ(server["extensions"], json({"binary_tensor_data", "model_configuration", "statistics"}));
}

TEST(KServeMetadata, OfAModelNamesItsTensors) {
  ServedModel model;
  model.name = "m";
  const auto metadata = model_metadata(model);
  EXPECT_EQ(metadata["name"], "m");
  EXPECT_EQ(metadata["versions"], json::array({"1"}));
  EXPECT_EQ(metadata["inputs"],
            json::array({{{"name", "image"}, {"datatype", "BYTES"}, {"shape", json::array({-1})}}}));
  ASSERT_EQ(metadata["outputs"].size(), 4U);
  EXPECT_EQ(metadata["outputs"][1], json({{"name", "boxes"}, {"datatype", "FP32"}, {"shape", {-1, -1, 4}}}));
  EXPECT_EQ(model_ready(model), json({{"name", "m"}, {"ready", true}}));
}

TEST(KServeMetadata, AConfigurationIsWhatPerfAnalyzerReads) {
  ServedModel model;
  model.name = "m";
  const auto config = model_config(model);
  EXPECT_EQ(config["name"], "m");
  EXPECT_EQ(config["max_batch_size"], 0);
  EXPECT_TRUE(config["platform"].is_string() && config["backend"].is_string());
  ASSERT_EQ(config["input"].size(), 1U);
  EXPECT_EQ(config["input"][0]["name"], "image");
  EXPECT_EQ(config["input"][0]["data_type"], "TYPE_STRING");
  EXPECT_EQ(config["input"][0]["dims"], json::array({-1}));
  ASSERT_EQ(config["output"].size(), 4U);
  EXPECT_EQ(config["output"][1]["data_type"], "TYPE_FP32");
  EXPECT_EQ(config["output"][1]["dims"], json({-1, -1, 4}));
  EXPECT_EQ(config["output"][3]["data_type"], "TYPE_INT64");
}

TEST(KServeMetadata, StatisticsAreTheModels) {
  auto model = std::make_shared<ServedModel>();
  model->name = "m";
  using std::chrono::nanoseconds;
  model->statistics->count_success({nanoseconds(5), nanoseconds(7), nanoseconds(11)});
  model->statistics->add_output(nanoseconds(13));
  model->statistics->count_failure(nanoseconds(17));
  model->statistics->count_execution(2, nanoseconds(11));
  model->statistics->count_execution(4, nanoseconds(19));
  model->statistics->count_execution(4, nanoseconds(19));
  const auto all = model_statistics({model});
  ASSERT_EQ(all["model_stats"].size(), 1U);
  const auto& stats = all["model_stats"][0];
  EXPECT_EQ(stats["name"], "m");
  EXPECT_EQ(stats["version"], "1");
  EXPECT_EQ(stats["inference_count"], 10);
  EXPECT_EQ(stats["execution_count"], 3);
  EXPECT_GT(stats["last_inference"], 1700000000000);
  const auto timed = [](int count, int ns) { return json{{"count", count}, {"ns", ns}}; };
  EXPECT_EQ(stats["inference_stats"]["success"], timed(1, 36));
  EXPECT_EQ(stats["inference_stats"]["fail"], timed(1, 17));
  EXPECT_EQ(stats["inference_stats"]["queue"], timed(1, 5));
  EXPECT_EQ(stats["inference_stats"]["compute_input"], timed(1, 7));
  EXPECT_EQ(stats["inference_stats"]["compute_infer"], timed(1, 11));
  EXPECT_EQ(stats["inference_stats"]["compute_output"], timed(1, 13));
  ASSERT_EQ(stats["batch_stats"].size(), 2U);
  EXPECT_EQ(stats["batch_stats"][1]["batch_size"], 4);
  EXPECT_EQ(stats["batch_stats"][1]["compute_infer"], timed(2, 38));
  EXPECT_EQ(model_statistics({})["model_stats"], json::array());
}

TEST(KServeMetadata, AModelIsFoundByNameAndVersion) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "m.safetensors";
  test::write_tiny_model(file);
  const ModelRepository models({file.string()});
  EXPECT_EQ(find_model(models, "m", std::nullopt)->name, "m");
  EXPECT_EQ(find_model(models, "m", "")->name, "m");
  EXPECT_EQ(find_model(models, "m", "1")->name, "m");
  const auto status = [&](const std::string& name, const std::string& version) {
    try {
      find_model(models, name, version);
    } catch (const http::HttpError& error) {
      return error.status();
    }
    return 200;
  };
  EXPECT_EQ(status("m", "7"), 404);
  EXPECT_EQ(status("m", "01"), 404);
  EXPECT_EQ(status("n", "1"), 404);
  EXPECT_EQ(status("", ""), 404);
}

}  // namespace
}  // namespace focus::serve::kserve
