// ONNX Runtime beside this program: Node.js with the npm package onnxruntime-node.
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
  /// Names the folder that holds node_modules/onnxruntime-node, where --onnxruntime does not.
  static constexpr const char* kVariable = "FOCUS_DETR_ONNXRUNTIME";

  /// What `folder`, or else the environment variable, leads to; none if neither says anything. Throws Error
  /// naming the folder if it holds no onnxruntime-node.
  static std::optional<OnnxRuntime> find(const std::string& folder);

  /// Runs the model once a case. Throws Error with what ONNX Runtime, or the system, says.
  std::vector<NamedTensors> run(const std::filesystem::path& model, const std::vector<NamedTensors>& cases,
                                int threads) const;

 private:
  explicit OnnxRuntime(std::filesystem::path modules) : modules_(std::move(modules)) {}

  std::filesystem::path modules_;
};

}  // namespace focus::exporter
