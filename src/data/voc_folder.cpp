#include "data/voc_folder.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "base/paths.h"
#include "data/box_edges.h"
#include "data/foreign_corners.h"
#include "data/measured_pictures.h"
#include "data/picture_paths.h"
#include "data/text_fields.h"
#include "data/voc_annotation.h"
#include "data/voc_classes.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

bool has_voc_layout(const fs::path& folder) {
  return is_folder(folder / "Annotations") && is_folder(folder / "ImageSets" / "Main");
}

fs::path voc_list(const fs::path& root, const std::string& split) {
  return root / "ImageSets" / "Main" / (split + ".txt");
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
    if (!voc_annotations_in(dataset / name).empty()) return dataset / name;
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

/// One split in the making.
class VocSplit {
 public:
  VocSplit(VocPlace place, Orientation measured, VocCorners corners, const IssueSink& report)
      : place_(std::move(place)),
        classes_(place_.root, place_.all_annotations),
        measured_(measured),
        corners_(corners),
        report_(report) {
    result_.entries.categories = classes_.categories();
    result_.image_dir = place_.images;
  }

  DatasetSplit read() {
    for (const auto& name : place_.names) add(name);
    for (const auto& [path, issue] : classes_.unreadable()) {
      if (!read_.contains(path)) report_(issue);
    }
    measure();
    if (corners_ == VocCorners::kKit) foreign_.report_to(report_);
    return std::move(result_);
  }

 private:
  struct Pending {
    fs::path annotation;
    std::string file_name;
    VocPicture picture;
  };

  void add(const std::string& name) {
    const fs::path path = place_.annotations / (name + ".xml");
    read_.insert(path);
    auto picture = read_voc_annotation(path, report_, corners_);
    if (!picture) return;
    const auto file_name = picture_of(name, picture->file_name);
    if (!file_name) {
      return report_(
          {IssueKind::kMissingPicture, path.string(),
           fmt::format("no picture {}.jpg (or {}) in {}", name, kUsualEndings, result_.image_dir.string())});
    }
    pending_.push_back({path, *file_name, std::move(*picture)});
  }

  std::optional<std::string> picture_of(const std::string& name, const std::string& stated) const {
    for (const std::string ending : kImageEndings) {
      std::string capitals = ending;
      std::transform(ending.begin(), ending.end(), capitals.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      for (const auto& written : {ending, capitals}) {
        if (is_file(result_.image_dir / (name + written))) return name + written;
      }
    }
    const bool there = !stated.empty() && is_file(result_.image_dir / stated);
    return there ? std::optional(stated) : std::nullopt;
  }

  // Makes entries of what was read, once pictures whose size no file states have been measured.
  void measure() {
    std::vector<fs::path> unknown;
    for (const auto& [annotation, file_name, picture] : pending_) {
      if (!picture.size) unknown.push_back(result_.image_dir / file_name);
    }
    result_.sizes_stated = unknown.size() < pending_.size();
    const auto measured = measured_pictures(unknown, measured_, report_);
    auto next = measured.begin();
    for (const auto& pending : pending_) {
      const auto size = pending.picture.size ? pending.picture.size : *next++;
      if (size) add_entry(pending, *size);
    }
  }

  void add_entry(const Pending& pending, nn::ImageSize size) {
    auto& images = result_.entries.images;
    auto& annotations = result_.entries.annotations;
    images.push_back({static_cast<int64_t>(images.size()) + 1, pending.file_name, size});
    annotations.emplace_back();
    for (const auto& object : pending.picture.objects) {
      foreign_.look_at(object, size, pending.annotation, pending.picture.of_kit);
      Annotation box = at_edge(object.box, size);
      box.label = classes_.label_of(object.name);
      if (box.label < 0) {
        report_({IssueKind::kUnknownCategory, (result_.image_dir / pending.file_name).string(),
                 fmt::format("its annotation has the class {}, which {} does not {}", in_quotes(object.name),
                             classes_.source().string(), what_to_do())});
        continue;
      }
      box.id = ++boxes_;
      annotations.back().push_back(box);
    }
  }

  // Where a class that is not known could be named.
  std::string what_to_do() const {
    if (classes_.source().extension() == ".txt") return "list; add a line with its name";
    return fmt::format("hold; write {} with the name of each class in a line",
                       (place_.root / "labels.txt").string());
  }

  VocPlace place_;
  VocClasses classes_;
  Orientation measured_;
  const IssueSink& report_;
  VocCorners corners_;
  ForeignCorners foreign_;
  std::set<fs::path> read_;
  std::vector<Pending> pending_;
  DatasetSplit result_;
  int64_t boxes_ = 0;
};

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

DatasetSplit read_voc_split(const fs::path& dataset, const std::string& split, Orientation measured,
                            VocCorners corners, const IssueSink& report) {
  return VocSplit(place_of(dataset, split), measured, corners, report).read();
}

}  // namespace focus::data
