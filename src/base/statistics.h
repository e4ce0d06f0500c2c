// Summaries of many numbers.
#pragma once

#include <cmath>
#include <vector>

namespace focus {

struct Spread {
  double mean = 0;
  double deviation = 0;  ///< of the sample (n - 1); 0 for fewer than two values
};

/// The mean of no values is NaN.
inline Spread spread_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  Spread spread;
  for (const double value : values) spread.mean += value / count;
  if (values.empty()) spread.mean = std::nan("");
  if (values.size() < 2) return spread;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / (count - 1));
  return spread;
}

}  // namespace focus
