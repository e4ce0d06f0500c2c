#include "base/paths.h"

#include <algorithm>

#include "base/error.h"

namespace focus {
namespace {

namespace fs = std::filesystem;

/// The folder above a path that is a link to nothing; empty if there is none.
fs::path dead_link_above(const fs::path& path) {
  for (fs::path folder = path.parent_path(); folder.has_filename(); folder = folder.parent_path()) {
    std::error_code fault;
    const auto type = fs::symlink_status(folder, fault).type();
    if (type == fs::file_type::symlink && !is_there(folder)) return folder;
    if (type != fs::file_type::not_found) return {};
  }
  return {};
}

}  // namespace

bool is_file(const fs::path& path) {
  std::error_code unseen;
  return fs::is_regular_file(path, unseen);
}

bool is_folder(const fs::path& path) {
  std::error_code unseen;
  return fs::is_directory(path, unseen);
}

bool is_there(const fs::path& path) {
  std::error_code unseen;
  return fs::exists(path, unseen);
}

std::string why_not_there(const fs::path& path, const std::string& absent) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found && fs::is_symlink(path, error)) {
    return absent.empty() ? "a link that leads nowhere" : absent + ": the link leads nowhere";
  }
  // An absent path is not an error, nor is a path below a regular file: both are absent.
  if (status.type() != fs::file_type::none || !error) {
    const fs::path link = dead_link_above(path);
    if (link.empty()) return absent;
    return fmt::format("{}the link {} leads nowhere", absent.empty() ? "" : absent + ": ", link.string());
  }
  return fmt::format("cannot be accessed: {}", error.message());
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    found.push_back(entry->path());
  }
  if (error) fail("{}: this folder cannot be read: {}", folder.string(), error.message());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> entries_if_any(const fs::path& folder) {
  return is_folder(folder) ? entries_of(folder) : std::vector<fs::path>();
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::vector<fs::path> folders{folder};
  while (!folders.empty()) {
    const fs::path next = std::move(folders.back());
    folders.pop_back();
    for (auto& entry : entries_of(next)) {
      std::error_code unseen;
      const auto type = fs::symlink_status(entry, unseen).type();
      if (type == fs::file_type::directory) {
        folders.push_back(std::move(entry));
      } else if (is_file(entry) || (type == fs::file_type::symlink && !is_there(entry))) {
        found.push_back(std::move(entry));
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::absolute(path, error);
  return error ? path : whole;
}

}  // namespace focus
