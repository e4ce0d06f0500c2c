#include "export/target.h"

#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/human.h"
#include "export/targets/onnx_target.h"
#include "export/targets/openvino_target.h"
#include "export/targets/triton_target.h"

namespace focus::exporter {

std::span<const ExportTarget* const> export_targets() {
  static const ExportTarget* const targets[] = {&onnx_target(), &triton_target(), &openvino_target()};
  return targets;
}

const ExportTarget& export_target(const std::string& name) {
  std::vector<std::string> known;
  for (const auto* target : export_targets()) {
    if (name == target->name()) return *target;
    known.emplace_back(target->name());
  }
  fail_usage("--target {}: no such target; choose one of {}", in_quotes(name), fmt::join(known, ", "));
}

Exported export_model(const ExportTarget& target, const detector::LoadedModel& loaded,
                      const OnnxOptions& options, const ProofRequest& proof,
                      const std::filesystem::path& out) {
  target.check(loaded, options, out);  // First, as a proof takes minutes.
  auto proved = proved_model(loaded, options, proof, out);
  auto file = target.write(proved.bytes, loaded, options, out);
  return {std::move(proved.report), std::move(file)};
}

}  // namespace focus::exporter
