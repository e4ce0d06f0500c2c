// A temporary folder.
#pragma once

#include <filesystem>

namespace focus::exporter {

/// A new folder in the system's temporary folder. The destructor removes it with all files in it. Throws
/// Error naming the path if it cannot be created.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace focus::exporter
