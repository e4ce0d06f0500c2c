#include "base/new_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace focus {
namespace {

namespace fs = std::filesystem;

}  // namespace

NewFolder::NewFolder(const fs::path& target) : target_(fs::absolute(target / "").parent_path()) {
  if (fs::exists(target_) && !(fs::is_directory(target_) && fs::is_empty(target_))) {
    fail_usage("{}: exists already; remove it or choose another folder", target.string());
  }
  path_ = fmt::format("{}.partial-{}", target_.string(), ::getpid());
  fs::create_directories(path_);
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!finished_) fs::remove_all(path_, ignored);
}

void NewFolder::finish() {
  // One sync for all files: without it a power cut may leave empty ones under the final name.
  const int folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int error = folder < 0 || ::syncfs(folder) != 0 ? errno : 0;
  if (folder >= 0) ::close(folder);
  if (error != 0) fail("{}: cannot be written: {}", target_.string(), std::strerror(error));
  fs::rename(path_, target_);
  finished_ = true;
  const int parent = ::open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return;
  ::fsync(parent);
  ::close(parent);
}

}  // namespace focus
