#include "export/targets/openvino_target.h"

#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "export/targets/new_folder_check.h"

namespace focus::exporter {
namespace {

/// The properties per device. Without them, OpenVINO computes in bfloat16 on CPUs that support it, and in
/// float16 on GPUs.
nlohmann::json compile_config() {
  nlohmann::json config;
  for (const char* device : {"CPU", "GPU"}) config[device] = {{"INFERENCE_PRECISION_HINT", "f32"}};
  return config;
}

class OpenvinoTarget : public ExportTarget {
 public:
  const char* name() const override { return "openvino"; }
  const char* help() const override { return "a folder with the model and OpenVINO's properties"; }

  void check(const detector::LoadedModel& /*loaded*/, const OnnxOptions& options,
             const std::filesystem::path& out) const override {
    if (options.graph.deformable == GraphChoices::Deformable::kCustom) {
      fail_usage("--deformable custom: OpenVINO has no such operator; choose gridsample or gather");
    }
    if (options.graph.compute_type != Type::kFloat) {
      fail_usage(
          "--precision: OpenVINO chooses the precision when it compiles a float32 model; keep fp32, and set "
          "INFERENCE_PRECISION_HINT in config.json to bf16 or f16");
    }
    (void)checked_new_folder(out);
  }

  std::filesystem::path write(const std::string& model, const detector::LoadedModel& /*loaded*/,
                              const OnnxOptions& /*options*/,
                              const std::filesystem::path& out) const override {
    const auto folder = checked_new_folder(out);
    make_folder(folder);
    write_atomically(folder / "config.json",
                     [&](std::ostream& stream) { stream << compile_config().dump(2) << '\n'; });
    const auto file = folder / "model.onnx";
    write_atomically(file, [&](std::ostream& stream) { stream << model; });
    return file;
  }

  std::vector<std::string> notes(const std::filesystem::path& out) const override {
    return {fmt::format(
        "compile it with INFERENCE_PRECISION_HINT=f32, as in {}: otherwise OpenVINO may compute in bfloat16 "
        "or float16, and its detections differ",
        (out / "config.json").string())};
  }
};

}  // namespace

const ExportTarget& openvino_target() {
  static const OpenvinoTarget target;
  return target;
}

}  // namespace focus::exporter
