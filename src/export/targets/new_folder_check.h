// The new folder that an export writes.
#pragma once

#include <filesystem>

namespace focus::exporter {

/// Returns `out` without a separator at its end ("repository/name/"). Throws Error if it exists and is not an
/// empty folder.
std::filesystem::path checked_new_folder(const std::filesystem::path& out);

}  // namespace focus::exporter
