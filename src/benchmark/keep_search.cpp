#include "benchmark/keep_search.h"

#include <algorithm>

namespace focus::benchmark {

KeepSearch search_keep_ratio(double target_ms, const std::function<double(double)>& milliseconds) {
  KeepSearch search;
  const auto meets = [&](int hundredths) {
    const double ratio = hundredths / 100.0;
    const KeepPoint point{ratio, milliseconds(ratio)};
    search.points.push_back(point);
    if (!(point.milliseconds <= target_ms)) return false;
    search.best = point;  // Larger than earlier ones: only ratios above the best are tried.
    return true;
  };
  int enough = 2, too_many = 100;
  if (meets(enough) && !meets(too_many)) {
    while (too_many - enough > 1) {
      const int middle = (enough + too_many) / 2;
      (meets(middle) ? enough : too_many) = middle;
    }
  }
  std::sort(search.points.begin(), search.points.end(),
            [](const KeepPoint& a, const KeepPoint& b) { return a.keep_ratio < b.keep_ratio; });
  return search;
}

}  // namespace focus::benchmark
