#include <gtest/gtest.h>

#include "base/files.h"
#include "data/temporary_folder.h"
#include "export/onnx_export.h"
#include "export/proof.h"
#include "export/tiny_models.h"

namespace focus::test {
namespace {

using namespace exporter;

/// ONNX Runtime, or a word about its absence.
std::optional<OnnxRuntime> runtime_or_skip() {
  auto runtime = OnnxRuntime::find("");
  if (!runtime) std::puts("skipped: no ONNX Runtime (scripts/onnxruntime installs it)");
  return runtime;
}

class ExportFamily : public testing::TestWithParam<TinyModel> {
 protected:
  /// Exports, which runs ONNX's checker, and compares with ONNX Runtime where there is one.
  void expect_the_same(const OnnxOptions& options, const std::vector<std::vector<nn::ImageSize>>& shapes,
                       const Tolerance& tolerance = {}) const {
    const auto loaded = tiny_model(GetParam().options);
    const auto bytes = onnx_model(loaded, options);
    ASSERT_FALSE(bytes.empty());
    const auto runtime = runtime_or_skip();
    if (!runtime) return;
    const TemporaryFolder folder;
    const auto file = folder.path() / "model.onnx";
    write_atomically(file, [&](std::ostream& out) { out << bytes; });
    std::vector<Trial> trials;
    for (const auto& sizes : shapes) {
      trials.push_back(drawn_trial(sizes, loaded.info.preprocess, 100 + trials.size()));
    }
    const auto theirs = found_by_runtime(*runtime, file, loaded, trials, options, 1);
    for (size_t i = 0; i < trials.size(); ++i) {
      const auto found = difference(found_by_us(loaded, trials[i], options), theirs.at(i), tolerance);
      EXPECT_EQ(found.unmatched, 0) << GetParam().name << ", " << trials[i].name << ": of " << found.compared
                                    << ", the first is " << found.worst;
      EXPECT_GT(found.compared, 10) << trials[i].name;
      if (std::getenv("DBG")) {
        models::Trace trace;
        at::NoGradGuard g;
        loaded.model->forward(trials[i].batch, nullptr, &trace);
        if (trace.tensors.count("enc_topk_idx")) {
          auto idx = trace.tensors["enc_topk_idx"];
          auto inf = trace.tensors["output_proposals"].select(2, 0).gather(1, idx).isinf().sum(1);
          std::cout << GetParam().name << " " << trials[i].name << " unusable chosen " << inf << " of " << trace.tensors["output_proposals"].select(2,0).isinf().sum(1) << "\n";
        }
        std::cout << "worst score " << found.score << " box " << found.box << " compared " << found.compared << "\n";
      }
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Architectures, ExportFamily, testing::ValuesIn(tiny_family()), [](const auto& info) {
  auto name = info.param.name;
  for (auto& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST_P(ExportFamily, IsTheSameInOnnxRuntime) {
  expect_the_same({}, {{{96, 128}}, {{33, 70}}, {{96, 128}, {64, 144}}});
}

}  // namespace
}  // namespace focus::test
