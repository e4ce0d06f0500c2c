// Random numbers of the scene generator: the same on every platform and in every standard library.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace focus::data {

/// A well-mixed 64-bit hash (the finaliser of SplitMix64; Steele, Lea, Flood: "Fast splittable pseudorandom
/// number generators", 2014).
constexpr uint64_t mix_bits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// SplitMix64. std::mt19937 would do, but what std:: distributions make of it differs between standard
/// libraries.
class SynthRandom {
 public:
  explicit SynthRandom(uint64_t seed) : state_(mix_bits(seed + 0x9e3779b97f4a7c15ULL)) {}

  uint64_t bits() { return mix_bits(state_ += 0x9e3779b97f4a7c15ULL); }
  /// In [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Every octave between low and high equally likely.
  double log_uniform(double low, double high) { return low * std::pow(high / low, uniform()); }
  /// In [low, high], both included.
  int64_t integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(uniform() * static_cast<double>(high - low + 1));
  }
  bool chance(double probability) { return uniform() < probability; }
  /// Mean 0, variance 1, bell-shaped: the sum of four uniform numbers out of one draw. A picture needs half a
  /// million.
  double normal() {
    constexpr uint64_t kMask = 0xffff;
    const uint64_t draw = bits();
    const uint64_t sum = (draw & kMask) + (draw >> 16 & kMask) + (draw >> 32 & kMask) + (draw >> 48);
    return (static_cast<double>(sum) / 65535.0 - 2.0) * 1.7320508075688772;
  }

 private:
  uint64_t state_;
};

}  // namespace focus::data
