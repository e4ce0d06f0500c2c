// Names of splits that a data set is written with.
#pragma once

#include <string>

namespace focus::data {

/// The name under which a split is written: "valid" becomes "val". Throws UsageError for what can be no part
/// of file names and of lists separated by spaces.
std::string written_split_name(const std::string& split);

}  // namespace focus::data
