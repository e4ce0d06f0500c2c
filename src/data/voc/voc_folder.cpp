#include "data/voc/voc_folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "base/paths.h"
#include "data/check/alike_files.h"
#include "data/check/unused_files.h"
#include "data/folder/annotated_images.h"
#include "data/folder/annotation_kind.h"
#include "data/folder/folder_survey.h"
#include "data/folder/name_forms.h"
#include "data/folder/named_objects.h"
#include "data/folder/split_name.h"
#include "data/text_fields.h"
#include "data/text_file.h"
#include "data/voc/voc_annotation.h"
#include "data/voc/voc_classes.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

fs::path voc_lists(const fs::path& root) { return root / "ImageSets" / "Main"; }

bool has_voc_layout(const fs::path& folder) {
  if (!is_folder(folder / "Annotations") || !is_folder(folder / "JPEGImages")) return false;
  const auto lists = entries_if_any(voc_lists(folder));
  return std::any_of(lists.begin(), lists.end(),
                     [](const fs::path& path) { return images::small_ending(path) == ".txt"; });
}

// The list for train in an undivided data set: trainval.txt, or the only list, if it is not named after a
// split (Datumaro and CVAT call it default.txt).
fs::path undivided_list(const fs::path& root) {
  if (is_file(voc_lists(root) / "train.txt") || is_file(voc_lists(root) / "val.txt")) return {};
  if (is_file(voc_lists(root) / "trainval.txt")) return voc_lists(root) / "trainval.txt";
  std::vector<fs::path> found;
  for (const auto& path : entries_if_any(voc_lists(root))) {
    if (images::small_ending(path) == ".txt" && is_file(path)) found.push_back(path);
  }
  const bool only = found.size() == 1 && !split_spoken_of(found.front().stem().string());
  return only ? found.front() : fs::path();
}

fs::path voc_list(const fs::path& root, const std::string& split) {
  const fs::path list = AlikeFiles().find_one(voc_lists(root) / (split + ".txt"));
  if (split != "train" || is_file(list)) return list;
  const fs::path undivided = undivided_list(root);
  return undivided.empty() ? list : undivided;
}

// The folder itself, or the folders of years in it or in its VOCdevkit, as in VOC's archives.
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
  std::vector<fs::path> all_annotations;  ///< folders of all splits, which share their classes
  std::vector<std::string> names;         ///< of the annotations, without extension
};

// Lists of a single class have a second column: whether the image shows it. Names may hold spaces.
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
  const std::string text = read_text_file(voc_list(root, split), kMostBytes);
  for_each_line(
      text, [&](size_t, std::string_view line) { place.names.push_back(name_in(line, place.annotations)); });
  return place;
}

// The folder of a split whose annotations lie beside its images; empty if there is none.
fs::path folder_beside_images(const fs::path& dataset, const std::string& split) {
  for (const auto& name : {split, std::string(split == "val" ? "valid" : split)}) {
    const auto annotations = voc_annotations_in(dataset / name);
    if (annotations.empty() || !look_into(annotations.front()).foreign.empty()) continue;
    const auto files = entries_of(dataset / name);
    if (std::any_of(files.begin(), files.end(), images::is_image_name)) return dataset / name;
  }
  return {};
}

std::vector<fs::path> folders_beside_images(const fs::path& dataset) {
  std::vector<fs::path> folders;
  for (const char* split : {"train", "val", "test"}) {
    auto folder = folder_beside_images(dataset, split);
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
  const auto folder = folder_beside_images(dataset, split);
  if (folder.empty()) {
    fail("{}: no ImageSets/Main/{}.txt, and no annotations (.xml) in {}/; is there a split '{}'?",
         dataset.string(), split, split, split);
  }
  VocPlace place{dataset, folder, folder, folders_beside_images(dataset), {}};
  if (place.all_annotations.empty()) place.all_annotations = {folder};
  for (const auto& path : voc_annotations_in(folder)) place.names.push_back(path.stem().string());
  return place;
}

/// The lists of a root, for splits or classes, sorted.
std::vector<fs::path> lists_of(const fs::path& root) {
  auto lists = entries_if_any(voc_lists(root));
  std::erase_if(lists,
                [](const fs::path& path) { return images::small_ending(path) != ".txt" || !is_file(path); });
  return lists;
}

/// Reports files in the folders that are in no list; only the first existing split does so.
void report_unlisted(const VocPlace& place, const std::string& split, const DatasetSplit& read,
                     const IssueSink& report) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 28;
  std::set<std::string> listed;
  for (const auto& name : place.names) listed.insert(composed_name(name));
  if (place.images != place.annotations) {
    for (const std::string other : {"train", "val", "test"}) {
      if (!is_file(voc_list(place.root, other))) continue;
      if (other != split) return;
      break;
    }
    for (const auto& list : lists_of(place.root)) {
      try {
        for_each_line(read_text_file(list, kMostBytes), [&](size_t, std::string_view line) {
          listed.insert(composed_name(name_in(line, place.annotations)));
        });
      } catch (const Error&) {
        continue;  // Another split's list, which cannot be read, or not a list at all.
      }
    }
  }
  const auto name_of = [](const fs::path& file, const fs::path& folder) {
    return composed_name(file.lexically_relative(folder).replace_extension().string());
  };
  std::vector<fs::path> annotations, images;
  std::set<std::string> annotated;
  std::set<fs::path> used;  // Also under names that annotations state.
  for (const auto& image : read.entries.images)
    used.insert((read.image_dir / image.file_name).lexically_normal());
  const bool lists = place.images != place.annotations;
  for (const auto& file : voc_annotations_below(place.annotations)) {
    const auto name = name_of(file, place.annotations);
    annotated.insert(name);
    if (!listed.contains(name)) annotations.push_back(file);
  }
  for (const auto& folder : survey_folder(place.images).folders) {
    for (const auto& image : folder.images) {
      const auto name = name_of(folder.path / image, place.images);
      const bool is_used = used.contains((folder.path / image).lexically_normal());
      if (!is_used && !listed.contains(name) && !annotated.contains(name))
        images.push_back(folder.path / image);
    }
  }
  const std::string where = lists ? "in no list of ImageSets/Main" : "in a folder that is not searched";
  if (!annotations.empty()) {
    report({IssueKind::kLeftOut, place.annotations.string(),
            counted_files(annotations, "annotation files are " + where) + "; they are left out"});
  }
  if (!images.empty()) {
    report({IssueKind::kLeftOut, place.images.string(),
            counted_files(images, lists ? "images are in no list and have no annotation file"
                                        : "images have no annotation file") +
                "; they are left out"});
  }
}

}  // namespace

bool is_voc_folder(const fs::path& dataset) {
  return !voc_roots(dataset).empty() || !folders_beside_images(dataset).empty();
}

ObjectReading voc_reading(const ReadAs& as) {
  return {
      .read = voc_reader(as.corners), .measured = as.measured, .kit_corners = as.corners == VocCorners::kKit};
}

bool has_voc_split(const fs::path& dataset, const std::string& split) {
  const auto roots = voc_roots(dataset);
  return std::any_of(roots.begin(), roots.end(),
                     [&](const auto& root) { return is_file(voc_list(root, split)); }) ||
         !folder_beside_images(dataset, split).empty();
}

DatasetSplit read_voc_split(const fs::path& dataset, const std::string& split, const ReadAs& as,
                            const IssueSink& report) {
  const VocPlace place = place_of(dataset, split);
  if (place.names.empty() && place.images != place.annotations) {
    report({IssueKind::kEmptySplit, voc_list(place.root, split).string(),
            "lists no image; write one name per line, or remove it"});
  }
  const VocClasses classes(place.root, place.all_annotations);
  AlikeFiles alike;
  std::vector<ImagePair> pairs;
  for (const auto& name : place.names)
    pairs.push_back({{}, alike.find_one(place.annotations / (name + ".xml"))});
  ObjectReading reading = voc_reading(as);
  reading.class_list = place.root / "labels.txt";
  AnnotatedImages images(place.annotations, place.images, "write the right one into 'filename'");
  reading.find = [&](const fs::path& annotation, const std::string& stated) {
    return images.find(annotation, stated, report);
  };
  auto read = read_named_objects(pairs, classes, place.images, reading, report);
  images.report_encoded(report);
  report_unlisted(place, split == "valid" ? "val" : split, read, report);
  return read;
}

}  // namespace focus::data
