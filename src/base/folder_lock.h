// One program at a time works in a folder.
#pragma once

#include <filesystem>

namespace focus {

/// Holds a folder while it exists. The lock is the system's own on the file `in-use.lock` there, which names
/// process, host and start; it ends with the process, however that ends, so that a file left behind by a
/// killed one is in nobody's way. It holds between machines that share the folder, as over NFS from version 3
/// with its lock service; where the file system has no locks that is said, and work goes on without.
class FolderLock {
 public:
  /// Throws Error naming who holds the folder, or why the file cannot be made.
  explicit FolderLock(const std::filesystem::path& folder);
  /// Removes the file.
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// The name of the file, for those who ask whether a folder is empty.
  static constexpr const char* kFileName = "in-use.lock";

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace focus
