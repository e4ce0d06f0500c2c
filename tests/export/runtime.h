// ONNX Runtime for tests, where it is.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "export/proof/onnx_runtime.h"

namespace focus::test {

/// What the environment variable names, or scripts/onnxruntime has installed; else none, and says so.
inline std::optional<exporter::OnnxRuntime> runtime_or_note() {
  const std::filesystem::path installed = FOCUS_DETR_SOURCE_DIR "/build/onnxruntime";
  const bool named = std::getenv(exporter::OnnxRuntime::kVariable) != nullptr;
  if (named || std::filesystem::exists(installed / "node_modules" / "onnxruntime-node")) {
    return exporter::OnnxRuntime::find(named ? "" : installed.string());
  }
  std::puts("skipped: no ONNX Runtime");
  return std::nullopt;
}

}  // namespace focus::test
