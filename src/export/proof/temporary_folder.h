// A folder for what is needed for a while.
#pragma once

#include <filesystem>

namespace focus::exporter {

/// A new folder where the system keeps such; it and all in it are gone when this is. Throws Error naming the
/// path if it cannot be made.
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
