#include "base/new_folder.h"

#include <unistd.h>

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
  fs::rename(path_, target_);
  finished_ = true;
}

}  // namespace focus
