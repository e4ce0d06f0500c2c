// Sizes in whole vectors, panels and blocks.
#pragma once

#include <cstdint>

namespace focus::ops {

/// The least multiple of `to` that is not below `value`.
constexpr int64_t rounded_up(int64_t value, int64_t to) { return (value + to - 1) / to * to; }

}  // namespace focus::ops
