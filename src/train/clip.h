// Clipping of the gradient by its global norm, and what happens when that norm is not a number.
#pragma once

#include <cstdint>
#include <vector>

#include "train/optimizer.h"

namespace focus::train {

/// The 2-norm of all gradients together. Sums are in double and in an order that does not depend on the
/// number of threads. Parameters without a gradient count as zero.
double gradient_norm(const std::vector<OptimizedParameter>& parameters);

/// The factor that brings a gradient of `norm` to at most `max_norm`; 1 if it is shorter or max_norm is 0.
double clip_factor(double norm, double max_norm);

/// Counts steps skipped because the gradient was not finite.
class NonFiniteGuard {
 public:
  /// `skipped`: steps skipped before, when a run is continued.
  explicit NonFiniteGuard(int64_t skipped = 0) : skipped_(skipped) {}

  /// True if a step with a gradient of this norm may be made; false: it is counted as skipped.
  bool accept(double norm);

  int64_t skipped() const { return skipped_; }
  int64_t in_a_row() const { return in_a_row_; }  ///< Skipped since the last step that was made.

 private:
  int64_t skipped_;
  int64_t in_a_row_ = 0;
};

}  // namespace focus::train
