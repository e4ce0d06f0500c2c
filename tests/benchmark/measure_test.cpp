#include "benchmark/measure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "base/error.h"
#include "benchmark/benchmark_report.h"
#include "benchmark/engines.h"
#include "models/tiny_model.h"
#include "ops/packed/packed_convolution.h"

namespace focus::test {
namespace {

using benchmark::BenchmarkCase;
using benchmark::BenchmarkRow;

BenchmarkRow measured(const BenchmarkCase& what, const benchmark::BenchmarkEffort& effort = {3, 1}) {
  auto row = benchmark::measure(*tiny_model(), images::Preprocess({64, 96}), what, effort);
  row.model = "tiny";
  return row;
}

int64_t macs_of_stage(const BenchmarkRow& row, const std::string& path) {
  for (const auto& span : row.spans) {
    if (span.path == path) return span.macs;
  }
  return -1;
}

size_t columns_in(const std::string& line) {
  return static_cast<size_t>(std::count(line.begin(), line.end(), ','));
}

TEST(Benchmark, ARowIsSane) {
  const auto row = measured({.size = {64, 96}, .batch = 2});
  EXPECT_EQ(row.runs, 3);
  EXPECT_GT(row.latency.least, 0);
  EXPECT_LE(row.latency.least, row.latency.median);
  EXPECT_LE(row.latency.median, row.latency.p90);
  EXPECT_GE(row.device_seconds, row.latency.median) << "the device's clock runs around the other";
  EXPECT_NEAR(row.frames_per_second(), 2 / row.latency.median, 1e-9);
  EXPECT_GT(row.macs, 1000000);
  EXPECT_NEAR(row.gflops(), 2e-9 * static_cast<double>(row.macs) / row.latency.median, 1e-9);
  EXPECT_GT(row.peak_rss_bytes, 1u << 20);
  double stages = 0;
  for (const auto& stage : benchmark::benchmark_stages()) {
    EXPECT_GT(row.stage_seconds(stage), 0) << stage;
    if (stage != "preprocess") stages += row.stage_seconds(stage);
  }
  EXPECT_LE(stages, row.latency.p90 * 1.001) << "parts of one run";
}

TEST(Benchmark, ABatchIsThatMuchMoreArithmetic) {
  const auto one = measured({.size = {64, 64}}, {1, 0}),
             two = measured({.size = {64, 64}, .batch = 2}, {1, 0});
  EXPECT_EQ(two.macs, 2 * one.macs);
}

TEST(Benchmark, AllEnginesDoTheSameArithmetic) {
  const auto usual = measured({.size = {64, 96}}, {1, 0});
  std::vector<std::string> ran;
  for (const auto& engine : benchmark::engines()) {
    benchmark::BenchmarkRow row;
    try {
      row = measured({.size = {64, 96}, .engine = std::string(engine.name)}, {1, 0});
    } catch (const UsageError& error) {  // This CPU lacks the numbers it multiplies, or there is no GPU.
      const std::string why = error.what();
      EXPECT_TRUE(why.starts_with("precision ") || why.starts_with("device ")) << why;
      continue;
    }
    ran.emplace_back(engine.name);
    for (const auto& span : usual.spans) {
      if (span.path == "heads") continue;  // The reference also predicts from the layers nobody asks for.
      EXPECT_EQ(macs_of_stage(row, span.path), span.macs) << engine.name << " " << span.path;
    }
  }
  for (const auto* name : {"prepared", "eager", "reference"}) {
    EXPECT_EQ(std::count(ran.begin(), ran.end(), name), 1) << name;
  }
  EXPECT_EQ(std::count(ran.begin(), ran.end(), "int8"), ops::can_pack() ? 1 : 0);
}

TEST(Benchmark, EightBitsAreForTheLayersThatCalibrationDoesNotKeep) {
  if (!ops::can_pack()) GTEST_SKIP() << "skipped: no oneDNN";
  const auto boxes = [](const char* engine, const nn::Quantisation& quantisation) {
    const auto model = tiny_model();
    const auto running = benchmark::find_engine(engine).set_up(*model, quantisation);
    const at::NoGradGuard no_grad;
    return model->forward(batch_of({image("test/benchmark", 64, 96)})).layers.back().boxes;
  };
  nn::Quantisation all;
  for (const auto& entry : tiny_model()->named_modules("", /*include_self=*/false))
    all.kept.insert(entry.key());
  const auto next_best = boxes(ops::cpu_has_bfloat16() ? "bf16" : "prepared", {});
  EXPECT_TRUE(boxes("int8", all).equal(next_best));
  EXPECT_FALSE(boxes("int8", {}).equal(next_best));
}

TEST(Benchmark, AnUnknownEngineIsRefusedWithThoseThereAre) {
  try {
    benchmark::find_engine("turbo");
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("prepared, bf16, int8, cuda, cuda-bf16, eager, reference"),
              std::string::npos)
        << error.what();
  }
}

TEST(Benchmark, KeepingLessIsLessWorkForTheEncoderAlone) {
  const auto all = measured({.size = {96, 128}, .keep_ratio = 1}, {1, 0});
  const auto few = measured({.size = {96, 128}, .keep_ratio = 0.05}, {1, 0});
  EXPECT_LT(macs_of_stage(few, "encoder"), macs_of_stage(all, "encoder"));
  EXPECT_EQ(macs_of_stage(few, "backbone"), macs_of_stage(all, "backbone"));
  EXPECT_EQ(macs_of_stage(few, "decoder"), macs_of_stage(all, "decoder"));
}

TEST(Benchmark, TimeThatIsUpEndsARow) {
  const auto row = measured({.size = {64, 64}}, {.repeat = 1000000, .warmup = 1000000, .max_seconds = 0.2});
  EXPECT_GE(row.runs, 1);
  EXPECT_LT(row.runs, 1000);
}

TEST(Timing, MedianSpreadAndTheRunThatTookIt) {
  const auto odd = benchmark::summarise({5, 1, 3});
  EXPECT_EQ(odd.median, 3);
  EXPECT_EQ(odd.least, 1);
  EXPECT_EQ(odd.p90, 5);
  EXPECT_EQ(odd.index, 2u);
  const auto even = benchmark::summarise({4, 2, 1, 3});
  EXPECT_EQ(even.median, 2.5);
  EXPECT_EQ(even.index, 1u);
  const auto ten = benchmark::summarise({10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  EXPECT_EQ(ten.p90, 9);
  EXPECT_EQ(benchmark::summarise({7}).p90, 7);
  EXPECT_THROW(benchmark::summarise({}), std::invalid_argument);
}

TEST(BenchmarkReport, JsonCsvAndTableSayTheSame) {
  const benchmark::ComparedRow compared{measured({.size = {64, 96}}, {1, 0}), 100, 1.5};
  const benchmark::BenchmarkMachine machine{
      "A \"fast\" CPU, cheap", "avx2", 4, "1.13.1", "0.1.0", "abc", "now"};
  const auto json = benchmark::row_json(compared, machine);
  EXPECT_EQ(json["height"], 64);
  EXPECT_EQ(json["ratio"], 1.5);
  EXPECT_NEAR(json["share_of_peak"].get<double>(), compared.row.gflops() / 100, 1e-12);
  EXPECT_EQ(json["spans"].size(), compared.row.spans.size());
  EXPECT_EQ(json["commit"], "abc");

  const std::string csv = benchmark::rows_csv({json, json});
  ASSERT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_NE(csv.find(R"("A ""fast"" CPU, cheap")"), std::string::npos) << csv;
  const auto names = csv.substr(0, csv.find('\n')),
             row = csv.substr(names.size() + 1, csv.find('\n', names.size() + 1) - names.size() - 1);
  EXPECT_EQ(columns_in(row), columns_in(names) + 1) << "one comma is inside quotes";
  EXPECT_EQ(names.find("spans"), std::string::npos);

  const auto line = benchmark::table_line(compared);
  EXPECT_NE(line.find("tiny"), std::string::npos) << line;
  EXPECT_NE(line.find(" 64x96 "), std::string::npos) << line;
  const auto profile = benchmark::profile_text(compared.row);
  EXPECT_NE(profile.find("\nencoder "), std::string::npos) << profile;
  EXPECT_NE(profile.find("\n  layer1 "), std::string::npos) << profile;
}

}  // namespace
}  // namespace focus::test
