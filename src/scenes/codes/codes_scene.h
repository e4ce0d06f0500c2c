// One image of the scene `codes`: things with and without codes on a background, as a photograph.
#pragma once

#include <memory>

#include "base/rng.h"
#include "scenes/codes/codes_photographs.h"
#include "scenes/codes/codes_style.h"
#include "scenes/shapes/synth_scene.h"

namespace focus::scenes {

/// What varies from scene to scene, and how far.
struct CodesLimits {
  double min_visible = 0.3;   ///< Least visible share of a code, not covered or cut off by the edge.
  double min_size = 16;       ///< Longer side of the smallest codes, pixels; the largest fill the image.
  double empty_share = 0.06;  ///< Share of the images without any code.
  int64_t max_objects = 8;
  CodesStyle style = CodesStyle::kEveryday;
  std::shared_ptr<const Photographs> photographs = {};  ///< Backgrounds; if null, those of the style.
};

/// Renders one scene whose longer side has 512 pixels, in portrait, landscape or square format. Labels are
/// indices into code_class_names(); boxes are tight around what is visible of the symbol, without its quiet
/// zone. The same random numbers and limits give the same scene.
SynthScene render_codes_scene(Rng random, const CodesLimits& limits);

}  // namespace focus::scenes
