// Distributions that the scene generator needs beyond those of Rng.
#pragma once

#include <cmath>

#include "base/rng.h"

namespace focus::scenes {

/// Every octave between low and high is equally likely.
inline double log_uniform(Rng& random, double low, double high) {
  return low * std::pow(high / low, random.uniform());
}

/// Mean 0, variance 1, bell-shaped: the sum of four uniform numbers from a single draw, since an image needs
/// half a million of them.
inline double normal(Rng& random) {
  constexpr uint64_t kMask = 0xffff;
  const uint64_t draw = random.next();
  const uint64_t sum = (draw & kMask) + (draw >> 16 & kMask) + (draw >> 32 & kMask) + (draw >> 48);
  return (static_cast<double>(sum) / 65535.0 - 2.0) * 1.7320508075688772;
}

}  // namespace focus::scenes
