#include "export/targets/triton_target.h"

#include <ostream>

#include "base/files.h"
#include "export/targets/new_folder_check.h"
#include "export/targets/triton_config.h"

namespace focus::exporter {
namespace {

class TritonTarget : public ExportTarget {
 public:
  const char* name() const override { return "triton"; }
  const char* help() const override { return "a folder of a Triton model repository"; }

  void check(const detector::LoadedModel& loaded, const OnnxOptions& options,
             const std::filesystem::path& out) const override {
    (void)config_of(loaded, options, checked_new_folder(out));  // Throws for names that Triton rejects.
  }

  std::filesystem::path write(const std::string& model, const detector::LoadedModel& loaded,
                              const OnnxOptions& options, const std::filesystem::path& out) const override {
    const auto folder = checked_new_folder(out);
    make_folder(folder / "1");
    const auto file = folder / "1" / "model.onnx";
    write_atomically(file, [&](std::ostream& stream) { stream << model; });
    // Written last, so that a server that scans the folder meanwhile sees a complete model or none.
    const auto config = config_of(loaded, options, folder);
    write_atomically(folder / "config.pbtxt", [&](std::ostream& stream) { stream << config; });
    return file;
  }

 private:
  static std::string config_of(const detector::LoadedModel& loaded, const OnnxOptions& options,
                               const std::filesystem::path& folder) {
    return triton_config(folder.filename().string(), loaded, options);
  }
};

}  // namespace

const ExportTarget& triton_target() {
  static const TritonTarget target;
  return target;
}

}  // namespace focus::exporter
