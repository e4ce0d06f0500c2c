#include "data/yolo/yolo_folder.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/human.h"
#include "base/paths.h"
#include "data/check/alike_files.h"
#include "data/check/unused_files.h"
#include "data/folder/folder_survey.h"
#include "data/measured_images.h"
#include "data/text_fields.h"
#include "data/text_file.h"
#include "data/yolo/yolo_config.h"
#include "data/yolo/yolo_labels.h"
#include "data/yolo/yolo_paths.h"
#include "data/yolo/yolo_unused.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostListBytes = uint64_t{1} << 28;
constexpr uint64_t kMostLabelBytes = uint64_t{1} << 24;

// The yaml file of a data set: data.yaml, or the only file of another name with such content. Empty if there
// is none.
fs::path yaml_in(const fs::path& dataset) {
  for (const char* name : {"data.yaml", "data.yml", "dataset.yaml", "dataset.yml"}) {
    if (is_file(dataset / name)) return dataset / name;
  }
  std::vector<fs::path> found;
  for (const auto& path : entries_if_any(dataset)) {
    if (kind_of_yaml(path) == YoloConfigKind::kDataset) found.push_back(path);
  }
  if (found.empty()) return {};
  if (found.size() > 1) {
    fail("{}: {} and {} both describe a YOLO data set; name one of them instead of the folder",
         dataset.string(), found[0].filename().string(), found[1].filename().string());
  }
  return found.front();
}

fs::path yaml_of(const fs::path& dataset) { return is_folder(dataset) ? yaml_in(dataset) : dataset; }

// Relative to the folder where that is possible.
std::string name_in(const fs::path& image, const fs::path& folder) {
  const auto relative = image.lexically_normal().lexically_relative(folder.lexically_normal());
  return relative.empty() ? image.string() : relative.string();
}

YoloConfig config_of(const fs::path& dataset) {
  YoloConfig config = read_yolo_config(yaml_of(dataset));
  if (config.splits.empty()) {
    fail(
        "{}: none of the keys 'train', 'val' and 'test' says where images are; add lines such as 'train: "
        "images/train' and 'val: images/val', relative to the folder of this file",
        config.file.string());
  }
  return config;
}

/// The images of one split.
class YoloImages {
 public:
  YoloImages(const YoloConfig& config, const std::string& split, const IssueSink& report)
      : config_(config), split_(split), report_(report) {
    const auto found = config.splits.find(split == "valid" ? "val" : split);
    if (found == config.splits.end()) {
      fail("{}: no key '{}' with the images of that split; add a line such as '{}: {}'", config.file.string(),
           split, split, likely_folder(split));
    }
    for (const auto& source : found->second) add(source);
    image_dir_ = found->second.size() == 1 && folders_.size() == 1 ? folders_[0] : folder();
  }

  const std::vector<fs::path>& paths() const { return paths_; }
  const fs::path& image_dir() const { return image_dir_; }
  /// The folders that make up the split, with their subfolders; without the lists.
  const std::vector<fs::path>& folders() const { return folders_; }
  bool has_list() const { return has_list_; }

  fs::path folder() const { return folder_of(config_); }

 private:
  // Where the images of a split without a key most likely are.
  std::string likely_folder(const std::string& split) const {
    for (const auto& place : {"images/" + split, split + "/images", split}) {
      if (is_folder(folder() / config_.root / place)) return place;
    }
    return "images/" + split;
  }

  fs::path resolved(const std::string& source) const {
    if (const auto found = find_yolo_source(config_, source)) {
      if (found->otherwise) {
        report_({IssueKind::kReadOtherwise, config_.file.string(),
                 fmt::format("'{}' names {}, which does not exist; {} is used instead", split_,
                             in_quotes(source), in_quotes(found->path.string()))});
      }
      return found->path;
    }
    const fs::path looked_for = (folder() / config_.root / source).lexically_normal();
    fail("{}: '{}' names {}, but there is no {}; correct the path", config_.file.string(), split_,
         in_quotes(source), in_quotes(looked_for.string()));
  }

  void add(const std::string& source) {
    const fs::path path = resolved(source);
    if (is_folder(path)) return add_folder(path);
    if (!is_file(path)) fail("{}: neither a folder nor a list of images", path.string());
    if (images::is_image_name(path)) {
      fail("{}: '{}' names the image {}; name a folder or a text file that lists images",
           config_.file.string(), split_, path.string());
    }
    add_list(path);
  }

  void add_folder(const fs::path& path) {
    const FolderSurvey survey = survey_folder(path);
    if (!survey.complete) fail("{}: more than {} files; divide the folder", path.string(), kMostSurveyed);
    if (!survey.unreadable.empty()) {
      fail("{}: the folder cannot be read; check its permissions", survey.unreadable.front().string());
    }
    std::vector<fs::path> found;
    for (const auto& folder : survey.folders) {
      for (const auto& name : folder.images) found.push_back(folder.path / name);
    }
    if (found.empty())
      fail("{}: no images ({}) in this folder; seen: {}", path.string(), images::kUsualEndings,
           to_text(survey));
    std::sort(found.begin(), found.end());
    paths_.insert(paths_.end(), found.begin(), found.end());
    folders_.push_back(path);
  }

  void add_list(const fs::path& path) {
    has_list_ = true;
    const std::string text = read_text_file(path, kMostListBytes);
    const size_t before = paths_.size();
    AlikeFiles alike;
    GuessedLines guesses;
    for_each_line(text, [&](size_t number, std::string_view line) {
      const fs::path beside = (path.parent_path() / line).lexically_normal();
      const fs::path below = (folder() / config_.root / line).lexically_normal();
      const bool is_beside = is_there(beside), is_below = is_there(below);
      std::error_code fault;
      // "./a.jpg" is relative to the list, as in Ultralytics.
      if (is_beside && is_below && !line.starts_with("./") && !fs::equivalent(beside, below, fault)) {
        return report_(
            {IssueKind::kAmbiguousImage, fmt::format("{}:{}", path.string(), number),
             fmt::format("{} fits {} and {}; write ./ before paths relative to this list, or absolute paths",
                         in_quotes(line), beside.string(), below.string())});
      }
      if (is_beside || is_below) return paths_.push_back(is_beside ? beside : below);
      auto found = alike.find(below);
      if (found.size() != 1) found = alike.find(beside);
      paths_.push_back(found.size() == 1 ? found.front() : beside);
      if (found.size() == 1) return;
      const std::string written(line);
      const auto guess = guess_line({path.parent_path(), folder() / config_.root, folder()}, written);
      if (guess) guesses.add(paths_.size() - 1, written, *guess);
    });
    guesses.settle(paths_, path, report_);
    if (paths_.size() == before) {
      report_({IssueKind::kEmptySplit, path.string(),
               fmt::format("lists no image, and '{}' in {} names it; write one path per line", split_,
                           config_.file.string())});
    }
  }

  const YoloConfig& config_;
  std::string split_;
  const IssueSink& report_;
  std::vector<fs::path> paths_, folders_;
  bool has_list_ = false;
  fs::path image_dir_;
};

YoloSources sources_of(const YoloImages& images) {
  return {images.paths(), images.folders(), images.has_list()};
}

/// Reports images that are in no split; only the first split does so.
void report_images_of_no_split(const YoloConfig& config, const std::string& split, const YoloImages& images,
                               const IssueSink& report) {
  std::vector<YoloSources> all{sources_of(images)};
  for (const char* other : {"train", "val", "test"}) {
    if (!config.splits.contains(other)) continue;
    if (other == (split == "valid" ? "val" : split)) {
      if (all.size() > 1) return;
      continue;
    }
    try {
      all.push_back(sources_of(YoloImages(config, other, [](const Issue&) {})));
    } catch (const Error&) {
      continue;  // Reading that split reports what is wrong with it.
    }
  }
  report_images_elsewhere(all, images.folder(), config.file, report);
}

/// Reports that the test images do not exist; only the first split does so.
void report_absent_test(const YoloConfig& config, const std::string& split, const IssueSink& report) {
  const bool first = split == "train" || !config.splits.contains("train");
  if (!first || split == "test" || !names_absent_test(config)) return;
  std::vector<std::string> others;
  for (const char* other : {"train", "val"}) {
    if (config.splits.contains(other)) others.emplace_back(other);
  }
  report({IssueKind::kLeftOut, config.file.string(),
          fmt::format("'test' in line {} names {}, which does not exist; only {} {} used",
                      config.lines.at("test"), listed_in_quotes(config.splits.at("test"), 3),
                      fmt::join(others, " and "), others.size() == 1 ? "is" : "are")});
}

}  // namespace

bool lacks_yolo_test(const fs::path& dataset) { return names_absent_test(config_of(dataset)); }

bool is_yolo_folder(const fs::path& dataset) { return !yaml_in(dataset).empty(); }

bool is_yolo_file(const fs::path& path) {
  const auto ending = images::small_ending(path);
  return ending == ".yaml" || ending == ".yml";
}

bool names_classes_alone(const fs::path& dataset) {
  return kind_of_yaml(yaml_of(dataset)) == YoloConfigKind::kNames;
}

bool has_yolo_split(const fs::path& dataset, const std::string& split) {
  return config_of(dataset).splits.contains(split);
}

fs::path yolo_label_path(const fs::path& image) {
  // Absolute, because a folder further up may be named images, which a relative path does not show.
  const fs::path whole = absolute_path(image).lexically_normal();
  std::vector<fs::path> parts(whole.begin(), whole.end());
  const auto replaced = [&](const char* images, const char* labels) -> std::optional<fs::path> {
    const auto last = std::find(parts.rbegin() + 1, parts.rend(), fs::path(images));
    if (last == parts.rend()) return {};
    *last = labels;
    fs::path label;
    for (const auto& part : parts) label /= part;
    return label.replace_extension(".txt");
  };
  if (auto path = replaced("images", "labels")) return *path;
  // As written on systems that ignore case.
  if (auto path = replaced("Images", "Labels")) return *path;
  if (auto path = replaced("IMAGES", "LABELS")) return *path;
  return fs::path(image).replace_extension(".txt");
}

DatasetSplit read_labelled_images(const std::vector<ImagePair>& pairs, std::vector<Category> categories,
                                  const fs::path& image_dir, images::Orientation measured,
                                  const IssueSink& report) {
  std::vector<fs::path> paths;
  for (const auto& pair : pairs) paths.push_back(pair.image);
  const auto sizes = measured_images(paths, measured, report);
  DatasetSplit result{
      .entries = {std::move(categories), {}, {}}, .image_dir = image_dir, .sizes_stated = false};
  auto& images = result.entries.images;
  auto& annotations = result.entries.annotations;
  const auto classes = static_cast<int64_t>(result.entries.categories.size());
  int64_t boxes = 0;
  report_shared_labels(pairs, report);
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (!sizes[i]) continue;
    images.push_back({static_cast<int64_t>(i) + 1, name_in(paths[i], image_dir), *sizes[i]});
    annotations.emplace_back();
    const fs::path& path = pairs[i].annotation;
    if (path.empty()) continue;
    std::string text;
    try {
      if (!is_file(path)) fail("not a file");
      text = read_text_file(path, kMostLabelBytes);
    } catch (const Error& error) {
      report(issue_of(IssueKind::kUnreadable, path, error.what()));
      continue;
    }
    annotations.back() = parse_yolo_labels(text, path.string(), *sizes[i], classes, report);
    for (auto& box : annotations.back()) box.id = ++boxes;
  }
  return result;
}

DatasetSplit read_yolo_split(const fs::path& dataset, const std::string& split, const ReadAs& as,
                             const IssueSink& report) {
  const YoloConfig config = config_of(dataset);
  const YoloImages images(config, split, report);
  std::vector<ImagePair> pairs;
  AlikeFiles alike;
  bool labelled = false;
  size_t encoded_labels = 0;
  fs::path first_encoded;
  for (const auto& path : images.paths()) {
    fs::path labels = yolo_label_path(path);
    bool there = is_there(labels);
    if (!there) {
      // "a.TXT", or a name in a Mac's Unicode form.
      const auto found = alike.find(labels);
      if (found.size() == 1) {
        labels = found.front();
        there = is_there(labels);
      } else if (found.size() > 1) {
        report({IssueKind::kUnreadable, path.string(),
                fmt::format("{} and {} could both be its labels; remove one", found[0].string(),
                            found[1].string())});
      } else if (const auto encoded = alike.encoded(labels); !encoded.empty()) {
        labels = encoded;
        there = true;
        if (encoded_labels++ == 0) first_encoded = encoded;
      }
    }
    labelled = labelled || there;
    // An image without labels has no objects; labels that cannot be accessed are an error.
    const auto why = there ? std::string() : why_not_there(labels, "");
    if (!why.empty()) report({IssueKind::kUnreadable, labels.string(), why});
    pairs.push_back({path, there ? labels : fs::path()});
  }
  if (encoded_labels > 0) {
    report({IssueKind::kReadOtherwise, first_encoded.parent_path().string(),
            fmt::format("{} label files are used for images whose names differ only in percent-encoding, "
                        "such as {}",
                        encoded_labels, in_quotes(first_encoded.filename().string()))});
  }
  auto result = read_labelled_images(pairs, config.categories, images.image_dir(), as.measured, report);
  if (!labelled && !result.entries.images.empty()) {
    report({IssueKind::kNoLabels, config.file.string(),
            fmt::format("no image of split '{}' has labels; those of {} would be in {}", split,
                        images.paths().front().string(), yolo_label_path(images.paths().front()).string())});
  }
  report_unused_labels(sources_of(images), pairs, report);
  report_images_of_no_split(config, split, images, report);
  report_absent_test(config, split, report);
  return result;
}

}  // namespace focus::data
