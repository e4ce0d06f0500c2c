// Random numbers that are the same on every platform and for any number of threads.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace focus {

/// A generator seeded from a few numbers, such as (seed, epoch, index): streams of different seeds are
/// independent. The standard library's distributions differ between implementations; these do not.
/// (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.)
class Rng {
 public:
  Rng(std::initializer_list<uint64_t> seeds) {
    for (const uint64_t seed : seeds) state_ = mixed(state_ + kStep) ^ seed;
    state_ = mixed(state_);
  }

  uint64_t next() { return mixed(state_ += kStep); }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Uniform in low .. high, both included; low if high <= low.
  int64_t integer(int64_t low, int64_t high) {
    if (high <= low) return low;
    return low + static_cast<int64_t>(next() % (static_cast<uint64_t>(high - low) + 1));
  }

  /// True with the given probability.
  bool chance(double probability) { return uniform() < probability; }

 private:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15;

  static uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  uint64_t state_ = 0;
};

}  // namespace focus
