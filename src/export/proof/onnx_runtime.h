// ONNX Runtime in a process of its own: Node.js with the npm package onnxruntime-node.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace focus::exporter {

/// Tensors by name: float32, int64, uint8 or bool.
using NamedTensors = std::map<std::string, at::Tensor>;

class OnnxRuntime {
 public:
  /// Environment variable with the folder that has node_modules/onnxruntime-node; --onnxruntime overrides it.
  static constexpr const char* kVariable = "FOCUS_DETR_ONNXRUNTIME";

  /// The runtime in `folder`, or else in that of the environment variable; none if neither is set. Throws
  /// Error naming the folder if it has no onnxruntime-node.
  static std::optional<OnnxRuntime> find(const std::string& folder);

  /// Runs the model once per case. Throws Error with the message of ONNX Runtime or the system.
  std::vector<NamedTensors> run(const std::filesystem::path& model, const std::vector<NamedTensors>& cases,
                                int threads) const;

 private:
  explicit OnnxRuntime(std::filesystem::path modules) : modules_(std::move(modules)) {}

  std::filesystem::path modules_;
};

}  // namespace focus::exporter
