#include "data/voc_folder.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/paths.h"
#include "data/annotation_kind.h"
#include "data/named_objects.h"
#include "data/picture_paths.h"
#include "data/split_name.h"
#include "data/text_fields.h"
#include "data/voc_annotation.h"
#include "data/voc_classes.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

fs::path voc_lists(const fs::path& root) { return root / "ImageSets" / "Main"; }

bool has_voc_layout(const fs::path& folder) {
  if (!is_folder(folder / "Annotations") || !is_folder(folder / "JPEGImages")) return false;
  const auto lists = entries_if_any(voc_lists(folder));
  return std::any_of(lists.begin(), lists.end(),
                     [](const fs::path& path) { return path.extension() == ".txt"; });
}

// What is there to be learnt from if nobody divided it: trainval.txt, or the only list, whatever its name
// (Datumaro and CVAT call it default.txt).
fs::path undivided_list(const fs::path& root) {
  if (is_file(voc_lists(root) / "train.txt") || is_file(voc_lists(root) / "val.txt")) return {};
  if (is_file(voc_lists(root) / "trainval.txt")) return voc_lists(root) / "trainval.txt";
  std::vector<fs::path> found;
  for (const auto& path : entries_if_any(voc_lists(root))) {
    if (path.extension() == ".txt" && is_file(path)) found.push_back(path);
  }
  const bool only = found.size() == 1 && !split_spoken_of(found.front().stem().string());
  return only ? found.front() : fs::path();
}

fs::path voc_list(const fs::path& root, const std::string& split) {
  const fs::path list = voc_lists(root) / (split + ".txt");
  if (split != "train" || is_file(list)) return list;
  const fs::path undivided = undivided_list(root);
  return undivided.empty() ? list : undivided;
}

// The folder itself, or the years in it or in its VOCdevkit, as the archives of VOC unpack.
std::vector<fs::path> voc_roots(const fs::path& dataset) {
  if (has_voc_layout(dataset)) return {dataset};
  std::vector<fs::path> roots;
  for (const auto& folder : {dataset, dataset / "VOCdevkit"}) {
    for (const auto& path : entries_if_any(folder)) {
      if (path.filename().string().starts_with("VOC") && has_voc_layout(path)) roots.push_back(path);
    }
  }
  std::sort(roots.begin(), roots.end());
  return roots;
}

/// Where the parts of a split lie.
struct VocPlace {
  fs::path root;                          ///< with a list of classes, if there is one
  fs::path annotations, images;           ///< folders
  std::vector<fs::path> all_annotations;  ///< folders of all splits: their classes are the same
  std::vector<std::string> names;         ///< of the annotations, without ending
};

// Lists of a single class have a second column: whether the picture shows it. Names may hold spaces.
std::string name_in(std::string_view line, const fs::path& annotations) {
  const auto fields = fields_of(line);
  const auto last = fields.back();
  const bool column = fields.size() > 1 && (last == "1" || last == "0" || last == "-1");
  if (!column || is_there(annotations / (std::string(line) + ".xml"))) return std::string(line);
  return std::string(trimmed(line.substr(0, line.size() - last.size())));
}

VocPlace listed_split(const fs::path& root, const std::string& split) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 28;
  VocPlace place{root, root / "Annotations", root / "JPEGImages", {root / "Annotations"}, {}};
  const std::string text = read_file(voc_list(root, split), kMostBytes);
  for_each_line(
      text, [&](size_t, std::string_view line) { place.names.push_back(name_in(line, place.annotations)); });
  return place;
}

// The folder of a split whose annotations lie beside its pictures; empty if there is none.
fs::path folder_beside_pictures(const fs::path& dataset, const std::string& split) {
  for (const auto& name : {split, std::string(split == "val" ? "valid" : split)}) {
    const auto annotations = voc_annotations_in(dataset / name);
    if (annotations.empty() || !look_into(annotations.front()).foreign.empty()) continue;
    const auto files = entries_of(dataset / name);
    if (std::any_of(files.begin(), files.end(), is_picture_name)) return dataset / name;
  }
  return {};
}

std::vector<fs::path> folders_beside_pictures(const fs::path& dataset) {
  std::vector<fs::path> folders;
  for (const char* split : {"train", "val", "test"}) {
    auto folder = folder_beside_pictures(dataset, split);
    if (!folder.empty()) folders.push_back(std::move(folder));
  }
  return folders;
}

VocPlace place_of(const fs::path& dataset, const std::string& split) {
  std::vector<fs::path> found;
  for (const auto& root : voc_roots(dataset)) {
    if (is_file(voc_list(root, split))) found.push_back(root);
  }
  if (found.size() > 1) {
    fail("{}: {} and {} both have a split '{}'; name one of these folders", dataset.string(),
         found[0].string(), found[1].string(), split);
  }
  if (found.size() == 1) return listed_split(found[0], split);
  const auto folder = folder_beside_pictures(dataset, split);
  if (folder.empty()) {
    fail("{}: no ImageSets/Main/{}.txt, nor annotations (.xml) in {}/; is there a split '{}'?",
         dataset.string(), split, split, split);
  }
  VocPlace place{dataset, folder, folder, folders_beside_pictures(dataset), {}};
  if (place.all_annotations.empty()) place.all_annotations = {folder};
  for (const auto& path : voc_annotations_in(folder)) place.names.push_back(path.stem().string());
  return place;
}

// A picture with the annotation's name, or else with the one it states, relative to the folder.
std::optional<std::string> picture_in(const fs::path& folder, const std::string& name,
                                      const std::string& stated) {
  for (const std::string ending : kImageEndings) {
    std::string capitals = ending;
    std::transform(ending.begin(), ending.end(), capitals.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    for (const auto& written : {ending, capitals}) {
      if (is_file(folder / (name + written))) return name + written;
    }
  }
  const bool there = !stated.empty() && is_file(folder / stated);
  return there ? std::optional(stated) : std::nullopt;
}

}  // namespace

bool is_voc_folder(const fs::path& dataset) {
  return !voc_roots(dataset).empty() || !folders_beside_pictures(dataset).empty();
}

bool has_voc_split(const fs::path& dataset, const std::string& split) {
  const auto roots = voc_roots(dataset);
  return std::any_of(roots.begin(), roots.end(),
                     [&](const auto& root) { return is_file(voc_list(root, split)); }) ||
         !folder_beside_pictures(dataset, split).empty();
}

DatasetSplit read_voc_split(const fs::path& dataset, const std::string& split, const ReadAs& as,
                            const IssueSink& report) {
  const VocPlace place = place_of(dataset, split);
  const VocClasses classes(place.root, place.all_annotations);
  std::vector<ImagePair> pairs;
  for (const auto& name : place.names) pairs.push_back({{}, place.annotations / (name + ".xml")});
  ObjectReading reading;
  reading.read = voc_reader(as.corners);
  reading.measured = as.measured;
  reading.kit_corners = as.corners == VocCorners::kKit;
  reading.class_list = place.root / "labels.txt";
  reading.find = [&](const fs::path& annotation, const std::string& stated) -> std::optional<fs::path> {
    const auto name = annotation.lexically_relative(place.annotations).replace_extension().string();
    if (const auto found = picture_in(place.images, name, stated)) return place.images / *found;
    report({IssueKind::kMissingPicture, annotation.string(),
            fmt::format("no picture {}.jpg (or {}) in {}", name, kUsualEndings, place.images.string())});
    return {};
  };
  return read_named_objects(pairs, classes, place.images, reading, report);
}

}  // namespace focus::data
