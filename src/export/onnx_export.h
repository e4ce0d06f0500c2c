// Exports a model to an ONNX file for any runtime with operator set 17.
#pragma once

#include <string>

#include "detector/model_file.h"
#include "export/graph/graph.h"

namespace focus::exporter {

/// Inputs and outputs of a graph. N images, K = min(model.max_detections, available detections) per image.
enum class InputKind {
  /// "pixels" (N, 3, H, W) float32, red first, normalised, zeros in the padding; "padding_mask" (N, H, W)
  /// bool, true = padding; images in the top left corner. Boxes are in pixels of the unpadded image.
  kPixels,
  /// "image" (H, W, 3) uint8, red first, of any size: the graph resizes and normalises it. Boxes are in its
  /// pixels; N is 1.
  kImage,
};
enum class OutputKind {
  kDetections,  ///< "boxes" (N, K, 4) x1 y1 x2 y2 pixels, "scores" (N, K), "category_ids" (N, K) int64; best
                ///< first.
  kRaw,         ///< "logits" (N, Q, classes), "boxes" (N, Q, 4) cxcywh as fractions of the unpadded image.
};

struct OnnxOptions {
  InputKind input = InputKind::kPixels;
  OutputKind output = OutputKind::kDetections;
  GraphChoices graph;
  std::string version;  ///< Of this program.
};

/// The bytes of the ONNX file. Class names, ids and preprocessing are in its metadata ("categories",
/// "preprocess", and the description of the model file, "focus_detr"). Throws Error for a model that cannot
/// be exported.
std::string onnx_model(const detector::LoadedModel& loaded, const OnnxOptions& options);

}  // namespace focus::exporter
