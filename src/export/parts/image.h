// Preprocessing (images::Preprocess) and the selection of the best detections (models/decoders/postprocess.h)
// as nodes.
#pragma once

#include "export/parts/decoding.h"
#include "images/preprocess.h"

namespace focus::exporter {

/// images::Preprocess of an image (H, W, 3) uint8, red first: (1, 3, h, w) float32. The antialiased triangle
/// filter is a matrix product along each axis, with matrices computed from the sizes. The resized pixels are
/// bit-identical.
Value preprocessed(const Value& image, const images::PreprocessOptions& options);

/// The best detections of each image, best first.
struct Answer {
  Value boxes;         ///< (B, K, 4) x1, y1, x2, y2 in pixels, inside the image
  Value scores;        ///< (B, K)
  Value category_ids;  ///< (B, K) int64
};

/// models::top_detections and models::pixel_boxes.
/// @param sizes   (B, 2) float32: width and height that boxes are fractions of
/// @param ids     category id of each class
/// @param softmax whether classes exclude each other (nn::ClassScores)
Answer best_detections(const Predicted& predicted, const Value& sizes, const std::vector<int64_t>& ids,
                       int64_t max_detections, bool softmax);

}  // namespace focus::exporter
