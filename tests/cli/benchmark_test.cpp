#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

class BenchmarkCommand : public testing::Test {
 protected:
  void SetUp() override { write_tiny_model(model_); }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome benchmark(const std::string& arguments) const {
    return run("benchmark --repeat 1 --warmup 0 --threads 1 --size 64x96 " + arguments);
  }
  Outcome benchmark_model(const std::string& arguments) const {
    return benchmark("--model " + model_.string() + " " + arguments);
  }
  std::vector<nlohmann::json> rows() const {
    std::istringstream lines(read_file(path("rows.jsonl"), 1 << 20));
    std::vector<nlohmann::json> rows;
    for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
    return rows;
  }

  TemporaryFolder folder_;
  std::filesystem::path model_ = folder_.path() / "tiny.safetensors";
};

TEST_F(BenchmarkCommand, PrintsRowsAndWritesThem) {
  const auto outcome = benchmark_model("--engine eager --engine reference --size 32x64 --profile --csv " +
                                       path("rows.csv") + " --jsonl " + path("rows.jsonl"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  for (const char* text :
       {"LibTorch", "focus-detr 0.", "peak ", "\nmodel ", " 64x96 ", " 32x64 ", "\n  layer0 "}) {
    EXPECT_NE(outcome.output.find(text), std::string::npos) << text << "\n" << outcome.output;
  }
  const auto found = rows();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0]["engine"], "eager");
  EXPECT_EQ(found[1]["engine"], "reference");
  EXPECT_EQ(found[2]["height"], 32);
  EXPECT_EQ(found[0]["ratio"], 1.0);
  for (const auto& row : found) {
    EXPECT_EQ(row["model"], "tiny");
    EXPECT_EQ(row["threads"], 1);
    EXPECT_EQ(row["runs"], 1);
    EXPECT_GT(row["median_ms"].get<double>(), 0);
    EXPECT_GT(row["gmacs"].get<double>(), 0);
    EXPECT_GT(row["peak_gflops"].get<double>(), 0);
    for (const char* text : {"cpu", "isa", "libtorch", "version", "commit", "time"})
      EXPECT_NE(row[text], "") << text;
  }
  EXPECT_LE(found[0]["gmacs"], found[1]["gmacs"]);
  const auto csv = read_file(path("rows.csv"), 1 << 20);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
}

TEST_F(BenchmarkCommand, ConfiguredModelsHaveRandomWeights) {
  const std::string tiny =
      "model.backbone.name=mobilenet_v2 model.transformer.width=32 model.transformer.heads=2 "
      "model.transformer.encoder_layers=1 model.focus.cascade=1 ";
  const auto outcome = benchmark(tiny + "--keep 0.1 --keep 1 --jsonl " + path("rows.jsonl"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const auto found = rows();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]["keep_ratio"], 0.1);
  EXPECT_LT(found[0]["gmacs"], found[1]["gmacs"]);
}

TEST_F(BenchmarkCommand, SearchesTheKeepRatioThatMeetsATarget) {
  const auto easy = benchmark_model("--target-ms 100000");
  EXPECT_EQ(easy.code, 0) << easy.output;
  EXPECT_NE(easy.output.find("the largest keep ratio within 100000 ms is 1.00"), std::string::npos)
      << easy.output;
  const auto hard = benchmark_model("--target-ms 0.001");
  EXPECT_EQ(hard.code, 1) << hard.output;
  EXPECT_NE(hard.output.find("no keep ratio meets 0.001 ms: even 0.02 takes "), std::string::npos)
      << hard.output;
  EXPECT_NE(hard.output.find("error: no keep ratio meets 0.001 ms"), std::string::npos) << hard.output;
}

TEST_F(BenchmarkCommand, ComparesTheFamily) {
  const std::string small =
      "benchmark --repeat 1 --warmup 0 --threads 1 model.backbone.name=mobilenet_v2 "
      "model.transformer.width=32 model.transformer.heads=2 ";
  const auto outcome =
      run(small + "--size 64x96 --compare focus-detr,dino_r50,detr," + model_.string() + " --markdown " +
          path("a.md") + " --csv " + path("a.csv") + " --plot " + path("a.svg"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  for (const char* text : {"| focus-detr ", "| dino_r50 ", "| detr ", "| tiny ", "FPS/dino_r50"}) {
    EXPECT_NE(outcome.output.find(text), std::string::npos) << text << "\n" << outcome.output;
  }
  EXPECT_NE(outcome.output.find(read_file(path("a.md"), 1 << 20)), std::string::npos);
  const auto csv = read_file(path("a.csv"), 1 << 20);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_EQ(read_file(path("a.svg"), 1 << 20).rfind("<svg ", 0), 0U);

  write_tiny_dataset(folder_.path() / "data");
  const auto averaged = run(small + "--compare sparse-detr preprocess.short_side=64 --data " + path("data"));
  ASSERT_EQ(averaged.code, 0) << averaged.output;
  EXPECT_NE(averaged.output.find("mean over the images of "), std::string::npos) << averaged.output;
  EXPECT_NE(averaged.output.find("FPS/sparse-detr"), std::string::npos)
      << "without DINO the first is compared to";
}

TEST_F(BenchmarkCommand, WrongComparisonsAreNamed) {
  expect_refused(benchmark("--compare focus-detr,yolo"), 1, {"yolo: no such configuration file", "dino_r50"});
  expect_refused(benchmark("--compare dino --batch 1 --batch 2"), 2, {"one --batch"});
  expect_refused(benchmark("--compare dino --size 32x32"), 2, {"one --size"});
  expect_wrong_usage(benchmark_model("--compare dino"), {"--model", "--compare"});
  expect_wrong_usage(benchmark("--plot a.svg"), {"--plot", "--compare"});
  expect_refused(benchmark("--compare dino --data " + path("none")), 1, {"none: no such folder"});
}

TEST_F(BenchmarkCommand, WrongUsageIsNamed) {
  expect_refused(benchmark_model("--size 12"), 2, {"--size '12'", "800x1333"});
  expect_refused(benchmark_model("--size 64x"), 2, {"--size '64x'"});
  expect_refused(benchmark_model("--size 64x96x3"), 2, {"--size '64x96x3'"});
  expect_refused(benchmark_model("--size 8x8"), 2, {"32 to 8192"});
  expect_refused(benchmark_model("--engine turbo"), 2, {"no engine 'turbo'", "it is one of prepared, bf16"});
  expect_wrong_usage(benchmark_model("--keep 0"), {"--keep"});
  expect_wrong_usage(benchmark_model("--keep 2"), {"--keep"});
  expect_wrong_usage(benchmark_model("--keep 0.5 --target-ms 5"), {"--target-ms", "--keep"});
  expect_wrong_usage(benchmark_model("--repeat 0"), {"--repeat"});
  expect_refused(benchmark_model("model.classes=2"), 2, {"--model or --config"});
  expect_refused(benchmark("model.focus.cascade=1"), 2, {"model.focus.cascade"});
  expect_refused(benchmark("model.clases=2"), 2, {"model.classes"});
}

TEST_F(BenchmarkCommand, WhatCannotBeLoadedIsRefusedBeforeAnythingIsMeasured) {
  expect_refused(benchmark_model("--model " + path("none.safetensors")), 1, {"none.safetensors"});
}

}  // namespace
}  // namespace focus::test
