// Questions about paths in untrusted folders. std::filesystem throws for a name that is too long, a loop of
// links or a folder that may not be looked into; here those are answers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace focus {

/// True if the path leads to a regular file, a folder, anything. False, too, for what cannot be looked at.
bool is_file(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);
bool is_there(const std::filesystem::path& path);

/// Why a path leads to nothing that can be used: `absent`, such as "no such image"; that it, or a folder on the way, is a link that
/// leads nowhere; or that it cannot be looked at, with the system's reason. If `absent` is empty, so is the
/// answer for what is simply not there.
std::string why_not_there(const std::filesystem::path& path, const std::string& absent);

/// What lies in a folder, sorted by name. Throws Error naming the folder and the system's reason if it cannot
/// be read.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);

/// The same, but nothing for a folder that is not there. Throws Error if it is there and cannot be read.
std::vector<std::filesystem::path> entries_if_any(const std::filesystem::path& folder);

/// The files in a folder and in those below it, sorted by path, and links that lead nowhere, so that whoever
/// reads them says so. Links to folders are not followed. Throws Error naming the folder that cannot be read.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// The path from the root on; the path itself if the current folder is gone.
std::filesystem::path absolute_path(const std::filesystem::path& path);

}  // namespace focus
