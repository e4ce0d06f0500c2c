#include "data/yolo_folder.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "base/paths.h"
#include "data/measured_pictures.h"
#include "data/picture_paths.h"
#include "data/text_fields.h"
#include "data/yolo_config.h"
#include "data/yolo_labels.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostListBytes = uint64_t{1} << 28;
constexpr uint64_t kMostLabelBytes = uint64_t{1} << 24;

fs::path yaml_of(const fs::path& dataset) {
  if (!is_folder(dataset)) return dataset;
  return is_file(dataset / "data.yml") ? dataset / "data.yml" : dataset / "data.yaml";
}

YoloConfig config_of(const fs::path& dataset) {
  YoloConfig config = read_yolo_config(yaml_of(dataset));
  if (config.splits.empty()) {
    fail(
        "{}: none of the keys 'train', 'val' and 'test' says where pictures are; add lines such as 'train: "
        "images/train' and 'val: images/val', seen from the folder of this file",
        config.file.string());
  }
  return config;
}

/// The pictures of one split.
class YoloPictures {
 public:
  YoloPictures(const YoloConfig& config, const std::string& split) : config_(config), split_(split) {
    const auto found = config.splits.find(split == "valid" ? "val" : split);
    if (found == config.splits.end()) {
      fail(
          "{}: no key '{}', which would say where the pictures of that split are; add a line such as '{}: "
          "{}'",
          config.file.string(), split, split, likely_folder(split));
    }
    for (const auto& source : found->second) add(source);
    image_dir_ = found->second.size() == 1 && folders_.size() == 1 ? folders_[0] : folder();
  }

  const std::vector<fs::path>& paths() const { return paths_; }
  const fs::path& image_dir() const { return image_dir_; }

  // Relative to image_dir() where that is possible.
  std::string name_of(const fs::path& picture) const {
    const auto relative = picture.lexically_normal().lexically_relative(image_dir_.lexically_normal());
    return relative.empty() ? picture.string() : relative.string();
  }

 private:
  // Where the pictures of a split that nothing is said of most likely are.
  std::string likely_folder(const std::string& split) const {
    for (const auto& place : {"images/" + split, split + "/images", split}) {
      if (is_folder(folder() / config_.root / place)) return place;
    }
    return "images/" + split;
  }

  fs::path folder() const {
    const auto parent = config_.file.parent_path();
    return parent.empty() ? fs::path(".") : parent;
  }

  // The file may have been written for another machine, or, by Roboflow, for a place one folder further down:
  // what it says is tried first, then what is beside it.
  fs::path resolved(const std::string& source) const {
    std::vector<fs::path> places{folder() / config_.root / source, folder() / source};
    if (source.starts_with("../")) places.push_back(folder() / source.substr(3));
    for (const auto& place : places) {
      if (is_there(place)) return place.lexically_normal();
    }
    fail("{}: '{}' names {}, but there is no {}; correct the path", config_.file.string(), split_,
         in_quotes(source), in_quotes(places.front().lexically_normal().string()));
  }

  void add(const std::string& source) {
    const fs::path path = resolved(source);
    if (is_folder(path)) return add_folder(path);
    if (!is_file(path)) fail("{}: neither a folder nor a list of pictures", path.string());
    if (is_picture_name(path)) {
      fail("{}: '{}' names the picture {}; name a folder or a text file that lists pictures",
           config_.file.string(), split_, path.string());
    }
    add_list(path);
  }

  void add_folder(const fs::path& path) {
    std::vector<fs::path> found;
    for (auto& file : files_below(path)) {
      // Names that begin with a dot are no pictures: macOS leaves such files beside each real one.
      const bool hidden = file.filename().string().starts_with('.');
      if (!hidden && is_picture_name(file)) found.push_back(std::move(file));
    }
    if (found.empty()) fail("{}: no pictures ({}) in this folder", path.string(), kUsualEndings);
    paths_.insert(paths_.end(), found.begin(), found.end());
    folders_.push_back(path);
  }

  void add_list(const fs::path& path) {
    const std::string text = read_file(path, kMostListBytes);
    for_each_line(text, [&](size_t, std::string_view line) {
      const fs::path beside = path.parent_path() / line;
      const fs::path below = folder() / config_.root / line;
      paths_.push_back((is_there(beside) || !is_there(below) ? beside : below).lexically_normal());
    });
  }

  const YoloConfig& config_;
  std::string split_;
  std::vector<fs::path> paths_, folders_;
  fs::path image_dir_;
};

}  // namespace

bool is_yolo_folder(const fs::path& dataset) {
  return is_file(dataset / "data.yaml") || is_file(dataset / "data.yml");
}

bool has_yolo_split(const fs::path& dataset, const std::string& split) {
  return config_of(dataset).splits.contains(split);
}

fs::path yolo_label_path(const fs::path& picture) {
  // Absolute, because the folder may be named images further up, where a relative path does not show it.
  const fs::path whole = absolute_path(picture).lexically_normal();
  std::vector<fs::path> parts(whole.begin(), whole.end());
  const auto last = std::find(parts.rbegin() + 1, parts.rend(), fs::path("images"));
  if (last == parts.rend()) return fs::path(picture).replace_extension(".txt");
  *last = "labels";
  fs::path label;
  for (const auto& part : parts) label /= part;
  return label.replace_extension(".txt");
}

DatasetSplit read_yolo_split(const fs::path& dataset, const std::string& split, Orientation measured,
                             const IssueSink& report) {
  const YoloConfig config = config_of(dataset);
  const YoloPictures pictures(config, split);
  const auto sizes = measured_pictures(pictures.paths(), measured, report);
  DatasetSplit result{
      .entries = {config.categories, {}, {}}, .image_dir = pictures.image_dir(), .sizes_stated = false};
  auto& [categories, images, annotations, ids] = result.entries;
  int64_t boxes = 0, labelled = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (!sizes[i]) continue;
    const auto& picture = pictures.paths()[i];
    images.push_back({static_cast<int64_t>(i) + 1, pictures.name_of(picture), *sizes[i]});
    annotations.emplace_back();
    const fs::path path = yolo_label_path(picture);
    if (!is_there(path)) {
      // No labels are no objects; labels that cannot be looked at are something else.
      const auto why = why_not_there(path, "");
      if (!why.empty()) report({IssueKind::kUnreadable, path.string(), why});
      continue;
    }
    ++labelled;
    std::string text;
    try {
      if (!is_file(path)) fail("not a file");
      text = read_file(path, kMostLabelBytes);
    } catch (const Error& error) {
      report(issue_of(IssueKind::kUnreadable, path, error.what()));
      continue;
    }
    annotations.back() =
        parse_yolo_labels(text, path.string(), *sizes[i], static_cast<int64_t>(categories.size()), report);
    for (auto& box : annotations.back()) box.id = ++boxes;
  }
  if (labelled == 0 && !images.empty()) {
    report(
        {IssueKind::kNoLabels, config.file.string(),
         fmt::format("no picture of split '{}' has labels; those of {} would be in {}", split,
                     pictures.paths().front().string(), yolo_label_path(pictures.paths().front()).string())});
  }
  return result;
}

}  // namespace focus::data
