// The least and greatest value seen in a tensor, by which 8-bit numbers are scaled.
#pragma once

#include <algorithm>
#include <cmath>

namespace focus::ops {

struct ValueRange {
  float least = 0;
  float greatest = 0;

  void include(const ValueRange& other) {
    least = std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
  }

  bool is_signed() const { return least < 0; }
  /// Whether no value except zero was seen.
  bool empty() const { return least == 0 && greatest == 0; }

  /// The value of one step of an 8-bit number: 255 steps up from zero, or 127 on either side of it.
  double scale() const {
    if (empty()) return 1.0;
    return is_signed() ? std::max(std::fabs(least), greatest) / 127.0 : greatest / 255.0;
  }
};

}  // namespace focus::ops
