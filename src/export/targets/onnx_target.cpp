#include "export/targets/onnx_target.h"

#include <ostream>

#include "base/files.h"

namespace focus::exporter {
namespace {

class OnnxTarget : public ExportTarget {
 public:
  const char* name() const override { return "onnx"; }
  const char* help() const override { return "a file"; }
  void check(const detector::LoadedModel& /*loaded*/, const OnnxOptions& /*options*/,
             const std::filesystem::path& /*out*/) const override {}

  std::filesystem::path write(const std::string& model, const detector::LoadedModel& /*loaded*/,
                              const OnnxOptions& /*options*/,
                              const std::filesystem::path& out) const override {
    write_atomically(out, [&](std::ostream& stream) { stream << model; });
    return out;
  }
};

}  // namespace

const ExportTarget& onnx_target() {
  static const OnnxTarget target;
  return target;
}

}  // namespace focus::exporter
