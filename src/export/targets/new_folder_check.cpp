#include "export/targets/new_folder_check.h"

#include "base/error.h"

namespace focus::exporter {

namespace fs = std::filesystem;

fs::path checked_new_folder(const fs::path& out) {
  const auto folder = out.has_filename() ? out : out.parent_path();
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder))) {
    fail("{}: already exists; name a new folder, or remove this one", folder.string());
  }
  return folder;
}

}  // namespace focus::exporter
