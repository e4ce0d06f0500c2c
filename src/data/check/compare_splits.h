// Checks that the splits of a data set have the same classes.
#pragma once

#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/issue.h"

namespace focus::data {

struct SplitClasses {
  std::string split;
  std::vector<Category> categories;
};

/// How the classes of each split differ from those of the first, by name and by id. Different ids are a
/// warning, since classes are joined by name; so are names that only one of them has. Splits without a
/// common class are an error.
std::vector<Issue> compare_splits(const std::vector<SplitClasses>& splits);

}  // namespace focus::data
