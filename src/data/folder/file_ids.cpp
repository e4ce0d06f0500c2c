#include "data/folder/file_ids.h"

#include <sys/stat.h>

namespace focus::data {

void FileIds::add(const std::filesystem::path& path) {
  if (const auto id = id_of(path)) ids_.insert(*id);
}

bool FileIds::lacks(const std::filesystem::path& path) const {
  const auto id = id_of(path);
  return id && !ids_.contains(*id);
}

std::optional<FileIds::Id> FileIds::id_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return std::pair(status.st_dev, status.st_ino);
}

}  // namespace focus::data
