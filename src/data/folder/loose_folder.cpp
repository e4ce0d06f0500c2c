#include "data/folder/loose_folder.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "data/check/unused_files.h"
#include "data/folder/annotation_kind.h"
#include "data/folder/found_images.h"
#include "data/folder/name_forms.h"
#include "data/folder/named_objects.h"
#include "data/folder/split_lists.h"
#include "data/folder/split_name.h"
#include "images/stored_image.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

// How many files of a folder are opened to recognise what its files are.
constexpr size_t kLookedAt = 16;

std::string spoken_split(const fs::path& file, const fs::path& root) {
  const auto own = split_spoken_of(file.stem().string());
  return own ? *own : split_of_place(file, root);
}

/// Whether most files of a folder are in a format, judged by a sample of those that are not empty. YOLO's
/// labels may all be empty if the folder's name says that they are labels.
bool holds(const FormatEntry& format, const SurveyedFolder& folder, const Names& files) {
  constexpr size_t kMostEmpty = 512;
  const size_t looked_at = std::min(kMostEmpty, files.size());
  size_t same = 0, other = 0, empty = 0;
  for (size_t i = 0; i < looked_at && same + other < kLookedAt; ++i) {
    const auto found = look_into(folder.path / files[i * files.size() / looked_at]);
    empty += found.empty;
    same += found.format == format.format;
    other += found.format != format.format && !found.empty;
  }
  if (same + other > 0) return same > 0 && same >= other;
  const auto path = folder.path.string();
  return format.loose.unlabelled_are_empty && empty > 0 && path.find("label") != std::string::npos;
}

void add_note(LooseDataset& dataset, const fs::path& entry, std::string text) {
  dataset.notes.push_back({IssueKind::kLeftOut, entry.string(), std::move(text)});
}

// Entries that belong to no split become train; if there is a train split already, they are left out.
void name_undivided(LooseDataset& dataset) {
  auto undivided = dataset.splits.extract("");
  if (undivided.empty()) return;
  if (!dataset.splits.contains("train")) {
    undivided.key() = "train";
    dataset.splits.insert(std::move(undivided));
    return;
  }
  const auto& split = undivided.mapped();
  if (!split.file.empty()) {
    add_note(dataset, split.file, "belongs to no split, unlike others; it is left out");
  } else if (!split.pairs.empty()) {
    add_note(dataset, split.pairs.front().image,
             fmt::format("and {} more images belong to no split, unlike others; they are left out",
                         split.pairs.size() - 1));
  }
}

std::optional<LooseDataset> find_split_files(const FormatEntry& format, const FolderSurvey& images,
                                             const FolderSurvey& annotations) {
  LooseDataset found{format.format, {}, {}, annotations.root, {}, 0, 0};
  for (const auto& folder : annotations.folders) {
    // So many files are not one per split but one per image.
    const Names& files = folder.*format.loose.files;
    if (files.size() > 2 * kLookedAt) continue;
    for (const auto& name : files) {
      const fs::path file = folder.path / name;
      if (look_into(file).format != format.format) continue;
      auto& split = found.splits[spoken_split(file, annotations.root)];
      // COCO's own folder also has captions and keypoints of the same images.
      const bool instances = name.starts_with("instances");
      const bool had = !split.file.empty() && split.file.filename().string().starts_with("instances");
      if (!split.file.empty() && instances == had) {
        fail(
            "{}: {} and {} could both be the annotations of one split; put the split (train, val, test) into "
            "each file name, or choose one: `focus-detr dataset import --images {} "
            "--annotations {} --out NEW`",
            annotations.root.string(), split.file.string(), file.string(), images.root.string(),
            split.file.string());
      }
      if (split.file.empty() || instances) split.file = file;
    }
  }
  if (found.splits.empty()) return {};
  found.images = images;
  name_undivided(found);
  return found;
}

/// Divides pairs into splits: by lists of images, where there are any, otherwise by their folders.
void divide(LooseDataset& dataset, std::vector<ImagePair> pairs, const FolderSurvey& annotations) {
  const auto lists = find_split_lists(annotations, pairs);
  std::vector<bool> listed(pairs.size(), false);
  for (const auto& list : lists) {
    for (const size_t i : list.pairs) {
      dataset.splits[list.split].pairs.push_back(pairs[i]);
      listed[i] = true;
    }
    for (const auto& [line, places] : list.ambiguous) {
      dataset.notes.push_back(
          {IssueKind::kAmbiguousImage, list.file.string(),
           fmt::format("the line {} fits {} and {}; add the folder to it", in_quotes(line),
                       pairs[places.first].image.string(), pairs[places.second].image.string())});
      // Reported here, so they must not be reported as unlisted, too.
      listed[places.first] = listed[places.second] = true;
    }
    if (!list.unknown.empty()) {
      add_note(dataset, list.file,
               fmt::format("{} of its lines name no image with annotations here, such as {}",
                           list.unknown.size(), in_quotes(list.unknown.front())));
    }
  }
  std::vector<fs::path> unlisted;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (listed[i]) continue;
    std::string split = split_of_place(pairs[i].annotation, annotations.root);
    if (split.empty()) split = split_of_place(pairs[i].image, dataset.images.root);
    if (split.empty() && !lists.empty()) {
      unlisted.push_back(pairs[i].image);
    } else {
      dataset.splits[split].pairs.push_back(std::move(pairs[i]));
    }
  }
  if (!unlisted.empty()) {
    add_note(dataset, lists.front().file,
             counted_files(unlisted, "images are in none of the lists of splits; they are left out"));
  }
  name_undivided(dataset);
}

/// The one of several images that the folder, extension or size in an annotation singles out; empty if
/// none does.
fs::path stated_among(const std::vector<fs::path>& candidates, const fs::path& annotation,
                      const ObjectReader& read) {
  const auto stated = read(annotation, [](const Issue&) {});
  if (!stated) return {};
  FolderSurvey only;
  for (const auto& image : candidates) {
    only.folders.push_back({.path = image.parent_path(), .images = {image.filename().string()}});
  }
  const ImageIndex index(only);
  if (const auto* found = index.find(stated->place)) return *found;
  if (!stated->size) return {};
  std::vector<fs::path> fitting;
  for (const auto& image : candidates) {
    if (images::may_have_size(image, *stated->size)) fitting.push_back(image);
  }
  return fitting.size() == 1 ? fitting.front() : fs::path();
}

/// Reports annotations of images of unsupported kinds, and removes them from `alone`.
void note_unread(LooseDataset& dataset, std::vector<fs::path>& alone) {
  std::map<std::string, fs::path> unread;
  for (const auto& folder : dataset.images.folders) {
    for (const auto& name : folder.unread) {
      unread.emplace(composed_name(fs::path(name).stem().string()), folder.path / name);
    }
  }
  if (unread.empty()) return;
  size_t annotated = 0;
  fs::path example = unread.begin()->second;
  std::erase_if(alone, [&](const fs::path& file) {
    const auto found = unread.find(composed_name(file.stem().string()));
    if (found == unread.end()) return false;
    if (annotated++ == 0) example = found->second;
    return true;
  });
  add_note(dataset, dataset.images.root, unread_images_text(unread.size(), annotated, example));
}

std::optional<LooseDataset> find_pairs(const FormatEntry& format, const FolderSurvey& images,
                                       const FolderSurvey& annotations) {
  const auto& loose = format.loose;
  // Annotations whose objects name their classes may also state the name of their image.
  const ObjectReader read = loose.reading ? loose.reading({}).read : ObjectReader();
  const auto files = [&](const SurveyedFolder& folder) {
    Names names;
    const Names& all = folder.*loose.files;
    std::copy_if(all.begin(), all.end(), std::back_inserter(names),
                 [](const auto& name) { return !is_class_list_name(name) && !is_split_list_name(name); });
    return holds(format, folder, names) ? names : Names();
  };
  ImagePairs paired = pair_images(images, annotations, files, loose.unlabelled_are_empty);
  std::vector<Issue> ambiguous;
  for (const auto& [file, candidates] : paired.ambiguous) {
    const auto image = read ? stated_among(candidates, file, read) : fs::path();
    if (!image.empty()) {
      paired.pairs.push_back({image, file});
      continue;
    }
    ambiguous.push_back(
        {IssueKind::kAmbiguousImage, file.string(),
         fmt::format("belongs to {} as well as to {}; {}", candidates[0].string(), candidates[1].string(),
                     candidates[0].parent_path() == candidates[1].parent_path()
                         ? "rename or remove one of them"
                         : "put the annotations of each folder of images into a folder of the same name, or "
                           "import one pair of folders: `focus-detr dataset import --images DIR "
                           "--annotations DIR --out NEW`")});
  }
  LooseDataset found{format.format, {}, images, annotations.root, {}, 0, 0};
  if (read && !paired.annotations_alone.empty()) {
    // An annotation may state the name of an image that is not named like the annotation file.
    const ImageIndex index(images);
    std::set<fs::path> taken;
    for (const auto& pair : paired.pairs) taken.insert(pair.image);
    std::vector<fs::path> alone;
    for (const auto& file : paired.annotations_alone) {
      const auto annotation = read(file, [](const Issue&) {});
      const auto* image = annotation ? index.find(annotation->file_name) : nullptr;
      if (image && taken.insert(*image).second) {
        paired.pairs.push_back({*image, file});
        const auto stated = path_parts(annotation->file_name);
        if (differ_in_encoding(stated.back(), image->filename().string())) paired.encoded.push_back(file);
      } else {
        alone.push_back(file);
      }
    }
    paired.annotations_alone = std::move(alone);
    for (auto* list_of : {&paired.images_alone, &paired.images_elsewhere}) {
      std::erase_if(*list_of, [&](const fs::path& image) { return taken.contains(image); });
    }
  }
  if (paired.pairs.empty() && ambiguous.empty()) return {};
  std::set<fs::path> doubtful;
  for (const auto& [file, candidates] : paired.ambiguous)
    doubtful.insert(candidates.begin(), candidates.end());
  for (auto* alone : {&paired.images_alone, &paired.images_elsewhere}) {
    std::erase_if(*alone, [&](const fs::path& image) { return doubtful.contains(image); });
  }
  found.notes = std::move(ambiguous);
  if (!paired.encoded.empty()) {
    found.notes.push_back(
        {IssueKind::kReadOtherwise, annotations.root.string(),
         counted_files(paired.encoded,
                       "annotation files belong to images whose names differ only in percent-encoding")});
  }
  // A README beside labels is not an annotation.
  std::erase_if(paired.annotations_alone, [&](const fs::path& file) {
    const auto found = look_into(file);
    return found.format != format.format && !found.empty;
  });
  found.images_alone = std::ssize(paired.images_alone);
  found.annotations_alone = std::ssize(paired.annotations_alone);
  note_unread(found, paired.annotations_alone);
  if (!paired.annotations_alone.empty()) {
    add_note(found, annotations.root,
             counted_files(paired.annotations_alone, "annotation files have no image; they are left out"));
  }
  if (!paired.images_elsewhere.empty()) {
    add_note(
        found, images.root,
        counted_files(paired.images_elsewhere,
                      fmt::format("images in folders without {} annotations are left out", format.name)));
  }
  if (loose.unlabelled_are_empty) {
    for (const auto& image : paired.images_alone) paired.pairs.push_back({image, {}});
    std::sort(paired.pairs.begin(), paired.pairs.end(),
              [](const auto& a, const auto& b) { return a.image < b.image; });
  } else if (!paired.images_alone.empty()) {
    add_note(found, images.root,
             counted_files(paired.images_alone, "images have no annotation file; they are left out"));
  }
  divide(found, std::move(paired.pairs), annotations);
  // Reading the split then reports what is wrong with the annotations.
  if (found.splits.empty()) found.splits["train"];
  return found;
}

}  // namespace

std::optional<LooseDataset> find_loose_dataset(const FolderSurvey& images, const FolderSurvey& annotations) {
  std::optional<LooseDataset> found;
  for (const auto& entry : dataset_formats()) {
    found = entry.loose.kind == LooseKind::kSplitFiles ? find_split_files(entry, images, annotations)
                                                       : find_pairs(entry, images, annotations);
    if (found) break;
  }
  if (!found) return {};
  for (const auto& folder : annotations.unreadable) {
    add_note(*found, folder, "cannot be read, so its files are left out; check its permissions");
  }
  return found;
}

fs::path loose_place(const LooseDataset& dataset) {
  std::vector<fs::path> files;
  for (const auto& [name, split] : dataset.splits) {
    if (!split.file.empty()) files.push_back(split.file);
    for (const auto& pair : split.pairs) {
      if (!pair.annotation.empty()) files.push_back(pair.annotation);
    }
  }
  return common_folder(files);
}

std::optional<LooseDataset> find_loose_dataset(const FolderSurvey& survey) {
  auto found = find_loose_dataset(survey, survey);
  if (found && !survey.complete) {
    fail(
        "{}: more than {} files, too many to look for annotations among them; put the data set into a folder "
        "of its own, in {} layout",
        survey.root.string(), kMostSurveyed, layout_formats());
  }
  return found;
}

}  // namespace focus::data
