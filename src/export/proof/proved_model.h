// The proof behind `focus-detr export`: a graph that was run in ONNX Runtime before anybody writes it.
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

/// A graph that was proved, and how.
struct ProvedModel {
  std::string bytes;  ///< Of the ONNX file.
  ProofReport report;
};

/// The ONNX file of a model, compared with this program in ONNX Runtime where there is one. Throws Error if ONNX
/// Runtime refuses the graph or finds something else, or the model gives no numbers.
/// @param out stands for the file in messages
ProvedModel proved_model(const detector::LoadedModel& loaded, const OnnxOptions& options,
                         const ProofRequest& proof, const std::filesystem::path& out);

}  // namespace focus::exporter
