#include "export/proof/proved_model.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "export/proof/proof.h"
#include "export/proof/temporary_folder.h"

namespace focus::exporter {
namespace {

namespace fs = std::filesystem;

ProofReport prove(const detector::LoadedModel& loaded, const OnnxOptions& options, const ProofRequest& proof,
                  const fs::path& file, const fs::path& name) {
  ProofReport report;
  // Throws if the model's results are not finite, even if there is no runtime to prove the graph.
  (void)found_by_us(loaded, drawn_trial({{64, 96}}, loaded.info.preprocess, 0), options);
  if (options.graph.deformable == GraphChoices::Deformable::kCustom) {
    report.lines.push_back(
        "not proved: ONNX Runtime has no operator focus_detr::MultiScaleDeformableAttention");
    return report;
  }
  if (options.graph.compute_type == Type::kBFloat16) {
    report.lines.push_back("not proved: ONNX Runtime cannot multiply in bfloat16 on the CPU");
    return report;
  }
  if (!proof.runtime) {
    report.lines.push_back(
        fmt::format("not proved: no ONNX Runtime; set --onnxruntime or ${} to a folder with "
                    "node_modules/onnxruntime-node",
                    OnnxRuntime::kVariable));
    return report;
  }
  const bool half = options.graph.compute_type != Type::kFloat;
  const auto tolerance = half ? Tolerance::of_half_precision() : Tolerance{};
  auto trials = drawn_trials(loaded, options.input);
  for (const auto& size : proof.sizes)
    trials.push_back(drawn_trial({size}, loaded.info.preprocess, trials.size()));
  auto own = trials_of(proof.images, loaded);
  std::move(own.begin(), own.end(), std::back_inserter(trials));
  const auto theirs = found_by_runtime(*proof.runtime, file, loaded, trials, options, proof.threads);
  bool one_wholly_alike = false;
  Difference all;
  for (size_t i = 0; i < trials.size(); ++i) {
    const auto ours = found_by_us(loaded, trials[i], options);
    auto found = difference(ours, theirs.at(i), tolerance);
    auto line =
        fmt::format("{}: {} of {} detections alike, scores within {:.1e}, boxes within {:.4f} px",
                    trials[i].name, found.compared - found.unmatched, found.compared, found.score, found.box);
    one_wholly_alike |= found.unmatched == 0;
    if (!half && found.unmatched > 0) {
      // Allow twice as many as this program itself found to depend on rounding.
      const int64_t open = 2 * undecided(loaded, trials[i], options, ours, tolerance);
      if (found.unmatched <= open) {
        line += "; the others depend on rounding, in this program too";
        found.unmatched = 0;
      }
    }
    if (found.unmatched > 0 && all.unmatched == 0) all.worst = trials[i].name + ": " + found.worst;
    all.compared += found.compared;
    all.unmatched += found.unmatched;
    report.lines.push_back(line);
  }
  if (!all.within(tolerance)) {
    fail(
        "{}: not written: ONNX Runtime's results differ: {} of {} detections by more than {} in score or "
        "{} px, the first in {}; please report this",
        name.string(), all.unmatched, all.compared, tolerance.score, tolerance.box, all.worst);
  }
  if (!half && !one_wholly_alike) {
    fail(
        "{}: not written: in every image it was tried on, some detections depend on rounding; give --images "
        "like those the model was trained on",
        name.string());
  }
  report.proved = true;
  return report;
}

}  // namespace

ProvedModel proved_model(const detector::LoadedModel& loaded, const OnnxOptions& options,
                         const ProofRequest& proof, const fs::path& out) {
  ProvedModel proved{onnx_model(loaded, options), {}};
  const TemporaryFolder folder;
  const auto file = folder.path() / "model.onnx";
  if (proof.runtime) write_atomically(file, [&](std::ostream& stream) { stream << proved.bytes; });
  proved.report = prove(loaded, options, proof, file, out);
  return proved;
}

}  // namespace focus::exporter
