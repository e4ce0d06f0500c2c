// What `focus-detr export` does: a graph written, proved, and put in place.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "export/onnx_export.h"
#include "export/proof/onnx_runtime.h"

namespace focus::exporter {

struct ProofRequest {
  std::optional<OnnxRuntime> runtime;         ///< None: nothing is proved.
  std::vector<std::filesystem::path> images;  ///< To prove it on beside drawn scenes.
  std::vector<nn::ImageSize> sizes;           ///< Of further drawn scenes.
  int threads = 1;
};

/// What was compared, in a line each.
struct ProofReport {
  std::vector<std::string> lines;
  bool proved = false;  ///< False where nothing was compared.
};

/// Writes the ONNX file of a model to `out`; it appears there only when it was proved, or when there is no
/// runtime to prove it with. Throws Error, and leaves `out` as it was, if ONNX Runtime refuses the graph or
/// finds something else than this program.
ProofReport export_onnx(const detector::LoadedModel& loaded, const OnnxOptions& options,
                        const ProofRequest& proof, const std::filesystem::path& out);

/// Writes a model repository of Triton's for one model: NAME/config.pbtxt and NAME/1/model.onnx, where `out`
/// is the folder NAME. Throws Error if the folder exists and is not empty, and as export_onnx.
ProofReport export_triton(const detector::LoadedModel& loaded, const OnnxOptions& options,
                          const ProofRequest& proof, const std::filesystem::path& out);

}  // namespace focus::exporter
