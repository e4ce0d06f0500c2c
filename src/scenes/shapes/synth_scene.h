// One synthetic image: objects of known classes among clutter, with the boxes of their visible parts.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "base/rng.h"

namespace focus::scenes {

struct SynthObject {
  int64_t label = 0;     ///< Index into synth_class_names().
  cv::Rect box;          ///< Pixels; tight around the visible part.
  int64_t area = 0;      ///< Visible pixels.
  double visible = 1.0;  ///< Share of the object's pixels that are visible.
};

struct SynthScene {
  cv::Mat image;  ///< CV_8UC3, BGR.
  std::vector<SynthObject> objects;
};

/// What varies from scene to scene, and how far.
struct SceneLimits {
  double min_visible = 0.3;  ///< Least visible share of an object, not covered or cut off by the edge.
  double min_size = 16;      ///< Longer side of the smallest objects, pixels.
  double max_size =
      200;  ///< Longer side of the largest objects, pixels; at most 0.7 of the image's shorter side.
  double empty_share = 0.06;  ///< Share of the images without any object.
  int64_t max_objects = 8;
  int64_t max_clutter = 8;  ///< Things without a class; three in eight of them lie on top of the objects.
  int64_t classes = 6;      ///< Objects are of the first `classes` names of synth_class_names().
};

/// Renders one scene, 320..480 x 240..360 pixels. The same random numbers and limits give the same scene.
SynthScene render_scene(Rng random, const SceneLimits& limits);

}  // namespace focus::scenes
