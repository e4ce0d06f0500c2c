// Files by what they are, by whatever path they are reached.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <set>
#include <utility>

namespace focus::data {

class FileIds {
 public:
  void add(const std::filesystem::path& path);

  /// True for a file that is there and was not added under this or another path.
  bool lacks(const std::filesystem::path& path) const;

 private:
  using Id = std::pair<dev_t, ino_t>;

  static std::optional<Id> id_of(const std::filesystem::path& path);

  std::set<Id> ids_;
};

}  // namespace focus::data
