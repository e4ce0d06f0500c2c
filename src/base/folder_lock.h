// One program at a time works in a folder.
#pragma once

#include <filesystem>

namespace focus {

/// Locks a folder while it exists. The lock is the system's (flock) on the file `in-use.lock` there, which
/// names process, host and start. It ends with the process, however that ends, so that a file left by a
/// killed process blocks nobody. It also works between machines that share the folder, as over NFS from
/// version 3 with its lock service. If the file system has no locks, a warning says so, and work continues.
class FolderLock {
 public:
  /// Throws Error naming who holds the folder, or why the file cannot be created.
  explicit FolderLock(const std::filesystem::path& folder);
  /// Removes the file.
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// The name of the file, for code that checks whether a folder is empty.
  static constexpr const char* kFileName = "in-use.lock";

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace focus
