// Photographs of a place as backgrounds of the scene `codes`.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "base/rng.h"

namespace focus::scenes {

/// Thread-safe: it never changes.
class Photographs {
 public:
  /// @param folder  of image files, or a pattern of them (image_paths.h), without any code in them: what
  ///                they show will not be annotated. Throws Error naming it if there is no image.
  explicit Photographs(const std::string& folder);

  /// A random part, at least half of the largest that fits, of a random photograph, at times mirrored, scaled
  /// to `size`: CV_8UC3. Throws Error naming a photograph that cannot be decoded.
  cv::Mat background(cv::Size size, Rng& random) const;

 private:
  std::vector<std::filesystem::path> paths_;
};

}  // namespace focus::scenes
