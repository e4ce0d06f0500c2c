// Images of where a detector looked.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "explain/explanation.h"

namespace focus::viz {

/// An image of an explanation, and its caption.
struct View {
  std::string caption;
  cv::Mat image;  ///< CV_8UC3, as large as the explained one
};

/// The image with its detections, then the views of it: foreground of each level, tokens of each encoder
/// layer with the fine-grained ones marked, the encoder's work, and where the decoder sampled for one
/// detection (left out if `detection` is out of range).
/// @param image CV_8UC3, the one explained
std::vector<View> explanation_views(const cv::Mat& image, const explain::Explanation& explanation,
                                    const std::vector<data::Category>& categories, size_t detection);

/// Only the views of the encoder's layers, in order: the frames of an animation.
std::vector<View> layer_views(const cv::Mat& image, const explain::Explanation& explanation);

/// A view with its caption above it. CV_8UC3.
cv::Mat captioned(const View& view);

}  // namespace focus::viz
