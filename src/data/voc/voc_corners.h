// How the corners of Pascal VOC annotations are counted, which the annotations do not state.
#pragma once

#include <string>

namespace focus::data {

enum class VocCorners {
  kKit,    ///< As pixels from 1, the last one inside the box, as in VOC's development kit.
  kPlain,  ///< As edges from 0, as many programs write them.
};

/// Their names in options.
inline constexpr const char* kKitCorners = "kit";
inline constexpr const char* kPlainCorners = "plain";

inline VocCorners voc_corners(const std::string& name) {
  return name == kPlainCorners ? VocCorners::kPlain : VocCorners::kKit;
}

}  // namespace focus::data
