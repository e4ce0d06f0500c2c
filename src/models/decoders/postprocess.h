// From a detector's predictions to its detections: the best class-query pairs.
#pragma once

#include <string>

#include "nn/detector_output.h"

namespace focus::models {

/// The best detections of each image, by score. K = min(max_detections, Q * classes) for sigmoid scores, with
/// which a query can yield several classes; min(max_detections, Q) for softmax scores, with which it yields
/// its best class.
struct TopDetections {
  at::Tensor scores;   ///< (B, K) probabilities, descending
  at::Tensor labels;   ///< (B, K) int64, 0 .. classes-1
  at::Tensor boxes;    ///< (B, K, 4) cxcywh as fractions of the image
  at::Tensor queries;  ///< (B, K) int64: the query each came from
};

TopDetections top_detections(const nn::Prediction& prediction, int64_t max_detections);

/// Throws Error if a score or box is NaN or infinite: the model is broken, or overflows in the precision it
/// runs in, which must not look like an image without objects. `whose` begins the message: "the model".
void require_finite(const at::Tensor& scores, const at::Tensor& boxes, const std::string& whose);

/// Boxes x1, y1, x2, y2 in pixels of images of the given sizes, clipped to the image.
/// @param boxes (B, K, 4) cxcywh fractions
at::Tensor pixel_boxes(const at::Tensor& boxes, const std::vector<nn::ImageSize>& sizes);

}  // namespace focus::models
