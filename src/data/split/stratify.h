// Divides a data set so that each part has its share of every class.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace focus::data {

/// Images that stay together, and how many of them show each class: (class, images), each class once.
struct StratifyGroup {
  int64_t images = 0;
  std::vector<std::pair<int64_t, int64_t>> classes;
};

/// The part of each group: iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the stratification
/// of multi-label data", 2011), the rarest class first, large groups before small ones. No part whose share
/// is above 0 stays empty. The same seed gives the same result on every machine.
/// @param shares of the parts, which add up to 1
/// Throws UsageError if there are fewer groups than parts.
std::vector<size_t> stratify(const std::vector<StratifyGroup>& groups, int64_t classes,
                             const std::vector<double>& shares, uint64_t seed);

}  // namespace focus::data
