// Questions about paths in untrusted folders. std::filesystem throws for a name that is too long, a loop of
// links or a folder without permission; these functions answer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace focus {

/// True if the path leads to a regular file, a folder, anything. False, too, if it cannot be accessed.
bool is_file(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);
bool is_there(const std::filesystem::path& path);

/// Why a path cannot be used: `absent`, such as "no such image"; that it, or a folder above it, is a link
/// that leads nowhere; or that it cannot be accessed, with the system's reason. If `absent` is empty, so is
/// the answer for a path that simply does not exist.
std::string why_not_there(const std::filesystem::path& path, const std::string& absent);

/// The entries of a folder, sorted by name. Throws Error naming the folder and the system's reason if it
/// cannot be read.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);

/// The same, but empty if there is no such folder. Throws Error if there is one that cannot be read.
std::vector<std::filesystem::path> entries_if_any(const std::filesystem::path& folder);

/// The files in a folder and in those below it, sorted by path, and links that lead nowhere, so that reading
/// them reports it. Links to folders are not followed. Throws Error naming the folder that cannot be read.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// The absolute path; the path itself if the current folder is gone.
std::filesystem::path absolute_path(const std::filesystem::path& path);

}  // namespace focus
