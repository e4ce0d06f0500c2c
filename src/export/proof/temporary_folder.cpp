#include "export/proof/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace focus::exporter {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  auto pattern = (fs::temp_directory_path() / "focus-detr-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    fail("{}: cannot make a temporary folder: {}", pattern, std::strerror(errno));
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace focus::exporter
