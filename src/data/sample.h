// One image of a data set with its boxes, and the functions that turn them into a tensor and a target.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/rng.h"
#include "data/annotations.h"
#include "images/image.h"
#include "images/preprocess.h"
#include "nn/batch.h"

namespace focus::data {

/// A box in pixels, and its class.
struct LabelledBox : Box {
  int64_t label = 0;
};

/// An image and its boxes, before they become tensors.
struct Scene {
  images::Image image;  ///< 8-bit BGR.
  std::vector<LabelledBox> boxes;
};

/// The detector's input and target for one image.
struct Sample {
  at::Tensor image;   ///< (3, H, W) float32, normalised.
  nn::Target target;  ///< Its size is (H, W).
};

/// Makes a sample. Called by many threads at once; its result depends on its arguments alone.
using SampleTransform = std::function<Sample(Scene, Rng&)>;

/// Boxes of an image that a detector learns from: all but crowds.
std::vector<LabelledBox> learnable_boxes(std::span<const Annotation> annotations);

/// Scales the image (resize_antialiased) and its boxes.
Scene resized(const Scene& scene, nn::ImageSize size);

/// Clips boxes to an image of the given size and drops those with no area left (a side of at most 1e-5
/// pixels, as detectron2's filter of empty boxes).
std::vector<LabelledBox> clipped(const std::vector<LabelledBox>& boxes, nn::ImageSize size);

/// Clips the boxes and converts them to tensors.
nn::Target make_target(const std::vector<LabelledBox>& boxes, nn::ImageSize size);

/// Resizes and normalises only, as for evaluation.
SampleTransform evaluation_transform(images::PreprocessOptions options);

}  // namespace focus::data
