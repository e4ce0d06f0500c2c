#include <gtest/gtest.h>

#include "base/files.h"
#include "export/onnx_export.h"
#include "export/proof/proof.h"
#include "export/runtime.h"
#include "export/tiny_models.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

using exporter::GraphChoices;
using exporter::InputKind;
using exporter::OnnxOptions;
using exporter::OutputKind;
using exporter::Trial;
using exporter::Type;
using Sizes = std::vector<nn::ImageSize>;

/// Exports, which runs ONNX's checker and its inference of shapes, and compares with ONNX Runtime where it
/// is.
void expect_the_same(const TinyModel& model, const OnnxOptions& options, const std::vector<Sizes>& shapes,
                     const exporter::Tolerance& tolerance = {}) {
  const auto loaded = tiny_model(model.options);
  const auto bytes = exporter::onnx_model(loaded, options);
  const auto runtime = runtime_or_note();
  if (!runtime) return;
  const TemporaryFolder folder;
  const auto file = folder.path() / "model.onnx";
  write_atomically(file, [&](std::ostream& out) { out << bytes; });
  std::vector<Trial> trials;
  for (const auto& sizes : shapes) {
    trials.push_back(exporter::drawn_trial(sizes, loaded.info.preprocess, 100 + trials.size()));
  }
  const auto theirs = exporter::found_by_runtime(*runtime, file, loaded, trials, options, 1);
  int64_t compared = 0;
  for (size_t i = 0; i < trials.size(); ++i) {
    const auto ours = exporter::found_by_us(loaded, trials[i], options);
    const auto found = exporter::difference(ours, theirs.at(i), tolerance);
    EXPECT_TRUE(found.within(tolerance))
        << found.unmatched << " unmatched in " << model.name << ", " << trials[i].name << ": of "
        << found.compared << ", the first is " << found.worst;
    compared += found.compared;
    EXPECT_EQ(ours.scores.sizes(), theirs[i].scores.sizes());
    std::printf("%s, %s: %d compared, scores within %.1e, boxes within %.4f px\n", model.name.c_str(),
                trials[i].name.c_str(), static_cast<int>(found.compared), found.score, found.box);
  }
  EXPECT_GT(compared, 10) << "of a list of equals nothing is asked for";
}

class ExportFamily : public testing::TestWithParam<TinyModel> {};

INSTANTIATE_TEST_SUITE_P(Architectures, ExportFamily, testing::ValuesIn(tiny_family()), [](const auto& info) {
  auto name = info.param.name;
  for (auto& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST_P(ExportFamily, FindsTheSameInOnnxRuntime) {
  // Whole, with fewer tokens than queries, and a batch of two sizes.
  expect_the_same(GetParam(), {}, {{{96, 128}}, {{17, 20}}, {{96, 128}, {64, 144}}});
}

/// What an export has to show; minutes long: run with --gtest_also_run_disabled_tests.
TEST_P(ExportFamily, DISABLED_FindsTheSameAtFullSize) {
  expect_the_same(GetParam(), {}, {{{256, 320}}, {{384, 384}}, {{800, 1333}}, {{256, 320}, {384, 256}}});
}

TEST(ExportChoices, GatherIsBilinearToo) {
  OnnxOptions options;
  options.graph.deformable = GraphChoices::Deformable::kGather;
  for (const char* name : {"focus-detr", "deformable-detr"}) {
    expect_the_same({name, tiny_options(name)}, options, {{{96, 128}}, {{96, 128}, {64, 144}}});
  }
}

TEST(ExportChoices, RawOutputsMeanTheSame) {
  OnnxOptions options;
  options.output = OutputKind::kRaw;
  for (const char* name : {"focus-detr", "detr"}) {
    expect_the_same({name, tiny_options(name)}, options, {{{96, 128}}, {{96, 128}, {64, 144}}});
  }
}

TEST(ExportChoices, PreprocessesImagesInside) {
  OnnxOptions options;
  options.input = InputKind::kImage;
  // Shrunk, enlarged, and cut short by the longest side.
  expect_the_same({"focus-detr", tiny_options("focus-detr")}, options,
                  {{{213, 331}}, {{40, 60}}, {{400, 120}}});
}

TEST(ExportChoices, ACustomOperatorPassesTheChecker) {
  OnnxOptions options;
  options.graph.deformable = GraphChoices::Deformable::kCustom;
  const auto bytes = exporter::onnx_model(tiny_model(tiny_options("focus-detr")), options);
  EXPECT_NE(bytes.find("MultiScaleDeformableAttention"), std::string::npos);
  EXPECT_EQ(bytes.find("GridSample"), std::string::npos);
}

TEST(ExportChoices, ConvNeXtsPassTheCheckerInSixteenBits) {
  auto chosen = tiny_options("detr");
  chosen.backbone = {.name = "convnext_tiny", .finest_stride = 32};
  const auto model = tiny_model(chosen);
  OnnxOptions options;
  const auto whole = exporter::onnx_model(model, options).size();
  for (const auto type : {Type::kBFloat16, Type::kHalf}) {
    options.graph.compute_type = type;
    EXPECT_LT(exporter::onnx_model(model, options).size(), whole * 3 / 4);
  }
}

TEST(ExportChoices, SixteenBitsAreNear) {
  OnnxOptions options;
  const auto model = tiny_model(tiny_options("focus-detr"));
  const auto whole = exporter::onnx_model(model, options).size();
  // ONNX Runtime's CPU has no products of bfloat16: the checker alone sees these.
  for (const auto type : {Type::kBFloat16, Type::kHalf}) {
    options.graph.compute_type = type;
    EXPECT_LT(exporter::onnx_model(model, options).size(), whole * 3 / 4);
  }
  // A model without a choice of tokens, which rounding would decide.
  expect_the_same({"detr", tiny_options("detr")}, options, {{{96, 128}}}, {.score = 0.01, .box = 0.2});
}

}  // namespace
}  // namespace focus::test
