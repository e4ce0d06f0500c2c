#include "support/shared_data.h"

#include <cstdlib>

namespace focus::test {

std::filesystem::path shared_dir() {
  const char* named = std::getenv("FOCUS_DETR_SHARED");
  const std::filesystem::path path =
      named ? std::filesystem::path(named) : std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / ".." / "shared";
  return std::filesystem::is_directory(path / "golden") ? std::filesystem::canonical(path)
                                                        : std::filesystem::path();
}

}  // namespace focus::test
