// Random augmentation of training images with their boxes: DETR's recipe, and more for small data sets.
#pragma once

#include <cstdint>
#include <vector>

#include "base/options.h"
#include "data/sample.h"

namespace focus::data {

/// Defaults are the recipe of DETR (Carion et al. 2020, appendix A.4), which Focus-DETR and DINO train with.
struct AugmentOptions {
  double horizontal_flip = 0.5;
  double vertical_flip = 0;
  std::vector<int64_t> short_sides{480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800};
  int64_t max_side = 1333;
  double crop = 0.5;
  std::vector<int64_t> crop_short_sides{400, 500, 600};
  int64_t crop_min = 384;
  int64_t crop_max = 600;
  double scale_min = 1;
  double scale_max = 1;
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;

  void describe(OptionTable& table);
};

/// Mirrors the image left to right.
Scene flipped_horizontally(const Scene& scene);

/// Mirrors the image top to bottom.
Scene flipped_vertically(const Scene& scene);

/// Crops to a rectangle inside the image. Boxes are clipped to it; those outside are dropped.
Scene cropped(const Scene& scene, const images::Rect& rect);

/// Changes brightness, contrast, saturation and hue by factors (hue: a shift) drawn within the given
/// strengths.
images::Image colour_jittered(const images::Image& bgr, const AugmentOptions& options, Rng& rng);

/// Augments, resizes and normalises, as for training. Of `preprocess` only mean and std are used: the size is
/// drawn from `augment`. Throws UsageError if the options contradict each other.
SampleTransform training_transform(const images::PreprocessOptions& preprocess,
                                   const AugmentOptions& augment);

}  // namespace focus::data
