// The proof behind `focus-detr export`: a graph is run in ONNX Runtime before it is written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "export/onnx_export.h"
#include "export/proof/onnx_runtime.h"

namespace focus::exporter {

struct ProofRequest {
  std::optional<OnnxRuntime> runtime;         ///< None: the graph is not proved.
  std::vector<std::filesystem::path> images;  ///< Images to prove it on, besides synthetic ones.
  std::vector<nn::ImageSize> sizes;           ///< Sizes of additional synthetic images.
  int threads = 1;
};

/// The comparisons, one line each.
struct ProofReport {
  std::vector<std::string> lines;
  bool proved = false;  ///< False if nothing was compared.
};

/// A graph with the report of its proof.
struct ProvedModel {
  std::string bytes;  ///< Content of the ONNX file.
  ProofReport report;
};

/// The ONNX file of a model; if there is an ONNX Runtime, its results are compared with those of this
/// program. Throws Error if ONNX Runtime rejects the graph or its results differ, or if the model's results
/// are not finite.
/// @param out name of the file in messages
ProvedModel proved_model(const detector::LoadedModel& loaded, const OnnxOptions& options,
                         const ProofRequest& proof, const std::filesystem::path& out);

}  // namespace focus::exporter
