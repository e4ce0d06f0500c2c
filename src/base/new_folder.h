// A folder that appears whole or not at all.
#pragma once

#include <filesystem>

namespace focus {

/// A folder under a temporary name beside its final one. It is removed with its content unless `finish`
/// renames it, so an interrupted program leaves nothing that looks complete.
class NewFolder {
 public:
  /// Creates the parents of `target` and the temporary folder. Throws UsageError if `target` exists and is
  /// not an empty folder, std::filesystem::filesystem_error if nothing can be written there.
  explicit NewFolder(const std::filesystem::path& target);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  /// Where to write until `finish`.
  const std::filesystem::path& path() const { return path_; }
  void finish();

 private:
  std::filesystem::path target_, path_;
  bool finished_ = false;
};

}  // namespace focus
