// The largest keep ratio that is fast enough.
#pragma once

#include <functional>
#include <optional>
#include <vector>

namespace focus::benchmark {

/// A keep ratio and the median latency it was measured with.
struct KeepPoint {
  double keep_ratio = 0;
  double milliseconds = 0;
};

struct KeepSearch {
  std::vector<KeepPoint> points;  ///< all measured points, by keep ratio
  std::optional<KeepPoint>
      best;  ///< the largest keep ratio that meets the target; none if even 0.02 does not
};

/// Finds the largest of the keep ratios 0.02, 0.03, ... 1 that takes at most `target_ms`, by bisection:
/// latency is assumed to grow with the keep ratio, so at most nine are measured.
/// @param milliseconds the latency of a keep ratio
KeepSearch search_keep_ratio(double target_ms, const std::function<double(double keep_ratio)>& milliseconds);

}  // namespace focus::benchmark
