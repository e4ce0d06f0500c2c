#include "data/check/alike_files.h"

#include <spdlog/fmt/fmt.h>

#include "base/human.h"
#include "base/paths.h"
#include "data/folder/name_forms.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

// True also for a broken link, which must be reported as such.
bool has_entry(const fs::path& path) {
  std::error_code fault;
  return fs::exists(fs::symlink_status(path, fault));
}

}  // namespace

const AlikeFiles::Folder& AlikeFiles::look_into(const fs::path& folder) {
  const auto [entry, fresh] = folders_.try_emplace(folder);
  if (!fresh) return entry->second;
  std::error_code fault;
  for (fs::directory_iterator file(folder, fault), end; !fault && file != end; file.increment(fault)) {
    const std::string name = file->path().filename().string();
    entry->second.alike[alike_name(name)].push_back(name);
    entry->second.folded[folded_name(name)].push_back(name);
    entry->second.decoded[composed_name(percent_decoded(name))].push_back(name);
  }
  return entry->second;
}

std::vector<fs::path> AlikeFiles::find(const fs::path& path) {
  if (path.filename().empty() || has_entry(path)) return {};
  fs::path folder = path.parent_path();
  if (!folder.empty() && !is_folder(folder)) {
    const auto alike = find(folder);
    if (alike.size() != 1 || !is_folder(alike.front())) return {};
    folder = alike.front();
    if (has_entry(folder / path.filename())) return {folder / path.filename()};
  }
  const auto& names = look_into(folder.empty() ? fs::path(".") : folder).alike;
  const auto found = names.find(alike_name(path.filename().string()));
  std::vector<fs::path> files;
  if (found == names.end()) return files;
  for (const auto& name : found->second) files.push_back(folder / name);
  return files;
}

fs::path AlikeFiles::find_one(const fs::path& path) {
  auto found = find(path);
  return found.size() == 1 ? std::move(found.front()) : path;
}

fs::path AlikeFiles::near(const fs::path& path) {
  const fs::path folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  if (path.filename().empty() || !is_folder(folder)) return {};
  const std::string name = path.filename().string();
  const auto& names = look_into(folder).folded;
  for (const auto& meant : {folded_name(name), folded_name(percent_decoded(name))}) {
    const auto found = names.find(meant);
    if (found != names.end() && found->second.size() == 1) return path.parent_path() / found->second.front();
  }
  // The file's own name may be the encoded one.
  for (const auto& [folded, own] : names) {
    if (own.size() == 1 && folded.find('%') != std::string::npos &&
        folded_name(percent_decoded(own.front())) == folded_name(name)) {
      return path.parent_path() / own.front();
    }
  }
  return {};
}

fs::path AlikeFiles::encoded(const fs::path& path) {
  const fs::path folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  if (path.filename().empty() || has_entry(path) || !is_folder(folder)) return {};
  const auto& names = look_into(folder).decoded;
  const auto found = names.find(composed_name(percent_decoded(path.filename().string())));
  if (found == names.end() || found->second.size() != 1) return {};
  return path.parent_path() / found->second.front();
}

std::string AlikeFiles::hint(const fs::path& path) {
  const fs::path found = near(path);
  if (found.empty() || found.filename() == path.filename()) return {};
  return fmt::format("; {} exists: correct the name, or rename the file",
                     in_quotes(found.filename().string()));
}

}  // namespace focus::data
