// Names of splits: as they are written, and as recognised in the names of files and folders.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace focus::data {

/// The name under which a split is written: "valid" becomes "val". Throws UsageError for a name that cannot
/// be part of file names or of lists separated by spaces.
std::string written_split_name(const std::string& split);

/// The split that one of the words in the name of a file or folder stands for: "train", "val" or "test" for
/// "train2017", "obj_valid_data", "Validation", "instances_testing"; nothing for "images", "trainer" or
/// "train_and_val".
std::optional<std::string> split_spoken_of(std::string_view name);

}  // namespace focus::data
