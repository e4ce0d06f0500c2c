// Names of splits: those that a data set is written with, and those that files and folders of others show.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace focus::data {

/// The name under which a split is written: "valid" becomes "val". Throws UsageError for what can be no part
/// of file names and of lists separated by spaces.
std::string written_split_name(const std::string& split);

/// The split that a name of a file or folder speaks of, as one of its words: "train", "val" or "test" for
/// "train2017", "obj_valid_data", "Validation", "instances_testing"; nothing for "images", "trainer" or
/// "train_and_val".
std::optional<std::string> split_spoken_of(std::string_view name);

}  // namespace focus::data
