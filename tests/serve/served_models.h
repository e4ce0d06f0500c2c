// Model files made in a moment, and models served from them.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/tiny_model.h"
#include "serve/model_repository.h"
#include "support/temporary_folder.h"

namespace focus::test {

/// `count` categories whose ids begin at `first`.
inline std::vector<data::Category> categories_from(int64_t first, int64_t count) {
  std::vector<data::Category> categories;
  for (int64_t id = first; id < first + count; ++id) categories.push_back({id, "c" + std::to_string(id)});
  return categories;
}

/// Puts a copy of a model in place of another at once, as `mv` does.
inline void replace_model(const std::filesystem::path& by, const std::filesystem::path& path) {
  auto beside = path;
  beside += ".new";
  std::filesystem::copy_file(by, beside, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::rename(beside, path);
}

/// The tiny model of cats and dogs, served.
inline serve::ServedModelPointer served_tiny_model() {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "tiny.safetensors");
  return serve::ModelRepository({(folder.path() / "tiny.safetensors").string()}).first();
}

}  // namespace focus::test
