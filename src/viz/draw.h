// Boxes with labels on images.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/box.h"

namespace focus::viz {

/// One box to draw, in pixels.
struct DrawnBox : Box {
  std::string label;
  double score = 1;  ///< 0..1.
  int64_t class_index = 0;
};

struct DrawStyle {
  bool dashed = false;  ///< Distinguishes ground truth from detections.
  bool labels = true;
  bool scores = true;  ///< Only with labels: "ring 93%".
};

inline constexpr DrawStyle kDetectionStyle{};
inline constexpr DrawStyle kGroundTruthStyle{.dashed = true, .labels = true, .scores = false};

/// The colour of a class (BGR, 0..255): always the same one, and distinct from those of its neighbours.
cv::Scalar class_colour(int64_t class_index);

/// Draws the boxes on `image` (CV_8UC3, BGR), the best score on top. Lines and text scale with the image.
/// Parts of a box outside the image are cut off; a box wholly outside, without area or with a coordinate that
/// is not finite is left out. Throws Error if the image is empty or of another type.
void draw_boxes(cv::Mat& image, std::span<const DrawnBox> boxes, const DrawStyle& style = kDetectionStyle);

/// Images in a grid, row by row, each resized to fit its cell with its aspect ratio kept. CV_8UC3.
/// Throws Error if there is no image, columns < 1 or the cell is empty.
cv::Mat contact_sheet(std::span<const cv::Mat> images, int columns, cv::Size cell, int gap = 6);

}  // namespace focus::viz
