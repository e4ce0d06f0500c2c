// The text of an annotation file, for readers that report what is wrong instead of throwing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "data/issue.h"

namespace focus::data {

/// Reads a file of at most `max_bytes` with read_text_file. A file that is missing or cannot be read is
/// reported; the result is empty if `report` returns.
std::optional<std::string> annotation_text(const std::filesystem::path& path, uint64_t max_bytes,
                                           const IssueSink& report);

}  // namespace focus::data
