// The text of an annotation file, for readers that report what is wrong instead of throwing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "data/issue.h"

namespace focus::data {

/// The text of a file of at most `max_bytes`, as read_text_file has it. A file that is not there or cannot be read
/// is given to `report`; if that returns, there is none.
std::optional<std::string> annotation_text(const std::filesystem::path& path, uint64_t max_bytes,
                                           const IssueSink& report);

}  // namespace focus::data
