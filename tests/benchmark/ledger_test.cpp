#include "benchmark/ledger.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "models/tiny_model.h"

namespace focus::test {
namespace {

using benchmark::BenchmarkRow;
using benchmark::LedgerRow;

/// A run of a detector whose parts took so many seconds, with a billion multiply-accumulates a second.
BenchmarkRow ran(double scorer, double encoder, double decoder) {
  BenchmarkRow row;
  const auto add = [&](const std::string& path, double seconds) {
    row.spans.push_back({path, 1, seconds, static_cast<int64_t>(1e9 * seconds)});
    if (path.find('/') != std::string::npos) return;
    row.latency.median += seconds;
    row.macs += row.spans.back().macs;
  };
  add("backbone", 4);
  add("neck", 1);
  if (scorer > 0) add("scorer", scorer);
  add("encoder", encoder);
  add("encoder/layer0", encoder);
  add("encoder/layer0/self_attention", encoder / 10);
  add("proposals", 0.5);
  add("decoder", decoder);
  add("decoder/layer0/self_attention", decoder / 2);
  row.what.engine = "eager";
  return row;
}

LedgerRow ledger_of(const BenchmarkRow& row, const std::string& name = "a") {
  auto ledger = benchmark::sum_up({row}, {{{64, 96}, 1}});
  ledger.model = name;
  return ledger;
}

TEST(Ledger, PartsAndRestAreTheWhole) {
  const auto row = ledger_of(ran(0.5, 3, 2));
  const double expected[] = {4, 1, 0.5, 3, 2, 0.5};
  ASSERT_EQ(row.parts.size(), benchmark::ledger_parts().size());
  for (size_t i = 0; i < row.parts.size(); ++i) {
    EXPECT_NEAR(row.parts[i].seconds, expected[i], 1e-9) << benchmark::ledger_parts()[i];
    EXPECT_NEAR(row.parts[i].macs, 1e9 * expected[i], 1) << benchmark::ledger_parts()[i];
  }
  EXPECT_NEAR(row.total.seconds, 11, 1e-9);
  EXPECT_NEAR(row.transformer().seconds, 6, 1e-9);
}

TEST(Ledger, ChoosingIsTheScorerAndTheAttentionOfTheEncoderAlone) {
  EXPECT_NEAR(ledger_of(ran(0.5, 3, 2)).choosing.seconds, 0.8, 1e-9);
  EXPECT_EQ(ledger_of(ran(0, 3, 2)).choosing.macs, 0) << "who does not score does not choose";
}

TEST(Ledger, SizesCountAsOftenAsImagesHaveThem) {
  auto small = ran(0.5, 1, 1), large = ran(0.5, 5, 1);
  small.peak_rss_bytes = 10;
  large.peak_rss_bytes = 20;
  const auto row = benchmark::sum_up({small, large}, {{{64, 64}, 3}, {{64, 96}, 1}});
  EXPECT_NEAR(row.parts[3].seconds, 2, 1e-9);
  EXPECT_EQ(row.peak_rss_bytes, 20U);
  EXPECT_THROW(benchmark::sum_up({small}, {}), std::invalid_argument);
}

TEST(Ledger, ABatchIsSharedByItsImages) {
  auto row = ran(0.5, 3, 2);
  row.what.batch = 2;
  EXPECT_NEAR(ledger_of(row).total.seconds, 5.5, 1e-9);
}

TEST(Ledger, TheTableComparesWithItsReference) {
  const std::vector<LedgerRow> rows{ledger_of(ran(0.5, 3, 2), "lean"), ledger_of(ran(0, 14.5, 2), "dino")};
  const auto text = benchmark::ledger_markdown(rows, 1);
  EXPECT_NE(text.find("FPS/dino"), std::string::npos);
  const auto line = text.substr(text.find("| lean"));
  EXPECT_NE(line.find(" 0.500 |"), std::string::npos) << "11 of 22 multiply-accumulates\n" << text;
  EXPECT_NE(line.find(" 2.00 |"), std::string::npos) << "twice as fast\n" << text;
  EXPECT_NE(line.find(" 13.3 % |"), std::string::npos) << "0.8 of 6\n" << text;
  EXPECT_THROW(benchmark::ledger_markdown(rows, 2), std::out_of_range);
  const auto csv = benchmark::ledger_csv(rows, 1);
  EXPECT_NE(csv.find("\"lean\",eager,0,11,4,1,0.5,3,2,0.5,11000,"), std::string::npos) << csv;
}

TEST(Ledger, SizesAreThoseTheDetectorSees) {
  const data::AnnotationStore store(
      {{1, "thing"}},
      {{1, "a", {480, 640}}, {2, "b", {480, 640}}, {3, "c", {960, 1280}}, {4, "d", {640, 480}}},
      {{}, {}, {}, {}}, "");
  const auto sizes = benchmark::image_sizes(store, images::Preprocess({48, 200}));
  ASSERT_EQ(sizes.size(), 2U);
  EXPECT_EQ(sizes[0].images, 3);
  EXPECT_EQ(sizes[0].size.height, 48);
  EXPECT_EQ(sizes[0].size.width, 64);
  EXPECT_EQ(sizes[1].size.height, 64);
}

TEST(Ledger, ARealModelsPartsAddUp) {
  const auto model = tiny_model();
  const auto rows =
      benchmark::measure_sizes(*model, images::Preprocess({64, 96}), {}, {{64, 64}, {64, 96}}, {1, 0});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_LT(rows[0].macs, rows[1].macs);
  const auto row = benchmark::sum_up(rows, {{{64, 64}, 1}, {{64, 96}, 1}});
  EXPECT_NEAR(row.total.macs, static_cast<double>(rows[0].macs + rows[1].macs) / 2, 1);
  for (const auto& part : row.parts) EXPECT_GT(part.macs, 0);
  EXPECT_GT(row.choosing.macs, row.parts[2].macs);
}

}  // namespace
}  // namespace focus::test
