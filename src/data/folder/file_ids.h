// A set of files that recognises a file under any of its paths.
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

  /// True for a file that exists and was not added under this or another path.
  bool lacks(const std::filesystem::path& path) const;

 private:
  using Id = std::pair<dev_t, ino_t>;

  static std::optional<Id> id_of(const std::filesystem::path& path);

  std::set<Id> ids_;
};

}  // namespace focus::data
