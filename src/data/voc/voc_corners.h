// How the corners of Pascal VOC annotations are counted, which no annotation says.
#pragma once

#include <string>

namespace focus::data {

enum class VocCorners {
  kKit,    ///< From 1, and the last pixel belongs to the box, as VOC's development kit has it.
  kPlain,  ///< As edges from 0: what many programs write.
};

/// Their names in options.
inline constexpr const char* kKitCorners = "kit";
inline constexpr const char* kPlainCorners = "plain";

inline VocCorners voc_corners(const std::string& name) {
  return name == kPlainCorners ? VocCorners::kPlain : VocCorners::kKit;
}

}  // namespace focus::data
