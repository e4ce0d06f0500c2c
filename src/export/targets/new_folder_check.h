// The folder that an export makes.
#pragma once

#include <filesystem>

namespace focus::exporter {

/// `out` without a separator at its end, as "repository/name/" has one. Throws Error if it is there and not an empty
/// folder.
std::filesystem::path checked_new_folder(const std::filesystem::path& out);

}  // namespace focus::exporter
