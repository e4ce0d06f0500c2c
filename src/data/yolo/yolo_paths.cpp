#include "data/yolo/yolo_paths.h"

#include <algorithm>
#include <set>

#include "base/human.h"
#include "base/paths.h"
#include "data/check/alike_files.h"
#include "data/folder/found_images.h"
#include "data/folder/split_name.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

std::string with_slashes(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

bool is_whole_path(const std::string& path) {
  return path.starts_with('/') || path.starts_with('\\') || (path.size() > 1 && path[1] == ':');
}

fs::path joined(const std::vector<std::string>& parts, size_t first, size_t end) {
  fs::path path;
  for (size_t i = first; i < end; ++i) path /= parts[i];
  return path;
}

// Roboflow writes paths as if the file were one folder further down.
std::optional<fs::path> as_written(const fs::path& folder, const std::string& root, const std::string& source,
                                   AlikeFiles& alike) {
  std::vector<fs::path> places{folder / root / source, folder / source};
  if (source.starts_with("../")) places.push_back(folder / source.substr(3));
  for (const auto& place : places) {
    if (is_there(place)) return place.lexically_normal();
    const auto found = alike.find(place.lexically_normal());
    if (found.size() == 1) return found.front();
  }
  return {};
}

std::optional<fs::path> without_first_folders(const fs::path& folder, const std::string& root,
                                              const std::string& source) {
  const auto parts = path_parts(source);
  for (size_t first = 0; first < parts.size(); ++first) {
    const fs::path rest = joined(parts, first, parts.size());
    // "test/images" is not the folder of all images.
    const bool speaks = split_spoken_of(joined(parts, 0, first).string()).has_value();
    if (!speaks || split_spoken_of(rest.string())) {
      for (const fs::path& base : {folder / root, folder}) {
        if (is_there(base / rest)) return (base / rest).lexically_normal();
      }
    }
    // The first folder exists here, so the path would have to be in it.
    if (!is_whole_path(source) && is_there(folder / root / parts[first])) return {};
  }
  return {};
}

std::optional<YoloPath> look_for(const YoloConfig& config, const std::string& source) {
  const fs::path folder = folder_of(config);
  const std::string slashes = with_slashes(source);
  AlikeFiles alike;
  for (const auto& root : {config.root, with_slashes(config.root)}) {
    if (const auto found = as_written(folder, root, source, alike)) return YoloPath{*found, false};
    if (const auto found = as_written(folder, root, slashes, alike)) return YoloPath{*found, true};
  }
  if (const auto found = without_first_folders(folder, with_slashes(config.root), source)) {
    return YoloPath{*found, true};
  }
  return {};
}

}  // namespace

fs::path folder_of(const YoloConfig& config) {
  const auto parent = config.file.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

std::optional<YoloPath> find_yolo_source(const YoloConfig& config, const std::string& source) {
  const auto found = look_for(config, source);
  if (!found || !found->otherwise) return found;
  for (const auto& [split, sources] : config.splits) {
    for (const auto& other : sources) {
      if (path_parts(other) == path_parts(source)) continue;
      const auto same = look_for(config, other);
      if (same && same->path == found->path) return {};
    }
  }
  return found;
}

bool names_absent_test(const YoloConfig& config) {
  const auto is_here = [&](const char* split) {
    const auto named = config.splits.find(split);
    return named != config.splits.end() &&
           std::any_of(named->second.begin(), named->second.end(), [&](const std::string& source) {
             return find_yolo_source(config, source).has_value();
           });
  };
  return config.splits.contains("test") && !is_here("test") && (is_here("train") || is_here("val"));
}

void GuessedLines::add(size_t at, const std::string& line, const fs::path& path) {
  lines_[path.lexically_normal()].push_back({at, line});
}

void GuessedLines::settle(std::vector<fs::path>& paths, const fs::path& list, const IssueSink& report) const {
  if (lines_.empty()) return;
  std::set<fs::path> written;
  for (const auto& path : paths) written.insert(path.lexically_normal());
  size_t count = 0;
  Line first{};
  fs::path image;
  for (const auto& [path, lines] : lines_) {
    const auto parts = path_parts(lines.front().text);
    const bool one = std::all_of(lines.begin(), lines.end(),
                                 [&](const Line& line) { return path_parts(line.text) == parts; });
    // If two names lead to one image, either could be meant, so neither is used.
    if (!one || written.contains(path)) continue;
    for (const auto& line : lines) paths[line.at] = path;
    if (count == 0 || lines.front().at < first.at) {
      first = lines.front();
      image = path;
    }
    count += lines.size();
  }
  if (count == 0) return;
  report({IssueKind::kReadOtherwise, list.string(),
          fmt::format("{} of its lines name no image as they are written, and are read as paths of another "
                      "system, such as {} for {}",
                      count, in_quotes(first.text), in_quotes(image.string()))});
}

std::optional<fs::path> guess_line(const std::vector<fs::path>& folders, const std::string& line) {
  for (const auto& folder : folders) {
    if (const auto found = name_below(folder, line)) return folder / *found;
  }
  AlikeFiles alike;
  for (const auto& folder : folders) {
    const fs::path slashes = (folder / with_slashes(line)).lexically_normal();
    if (const auto found = alike.find(slashes); found.size() == 1) return found.front();
    if (const auto found = alike.encoded(slashes); !found.empty()) return found;
  }
  return {};
}

}  // namespace focus::data
