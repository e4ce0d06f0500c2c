#include "data/coco/coco_folder.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/paths.h"
#include "data/coco/coco.h"
#include "data/coco/coco_images.h"
#include "data/folder/folder_survey.h"
#include "data/folder/found_images.h"
#include "data/folder/split_name.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBesideImages = "_annotations.coco.json";

/// A split's annotation file, and where its images may be, in the order of search.
struct Candidate {
  fs::path annotations;
  fs::path pack;
  std::vector<fs::path> images;
};

/// The parts between "instances_" and ".json" of the file names in annotations/, sorted.
std::vector<std::string> names_of_instances(const fs::path& dataset) {
  constexpr std::string_view kBefore = "instances_", kAfter = ".json";
  std::vector<std::string> names;
  for (const auto& path : entries_if_any(dataset / "annotations")) {
    const std::string name = path.filename().string();
    if (name.starts_with(kBefore) && name.ends_with(kAfter) && name.size() > kBefore.size() + kAfter.size()) {
      names.push_back(name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size()));
    }
  }
  return names;
}

/// Names of a split in file names: its own, also with COCO's year; another word for it ("Validation"); and
/// for train, if no file is named after it, the only one without a split in its name ("default" in CVAT's
/// exports).
std::vector<std::string> spellings(const fs::path& dataset, const std::string& split) {
  std::vector<std::string> all{split, split + "2017", split + "2014"};
  const std::string sought = split == "valid" ? "val" : split;
  const auto names = names_of_instances(dataset);
  std::vector<std::string> undivided;
  bool divided = false;
  for (const auto& name : names) {
    const auto spoken = split_spoken_of(name);
    if (spoken == sought) all.push_back(name);
    if (!spoken) undivided.push_back(name);
    divided = divided || spoken == "train";
  }
  if (sought == "train" && !divided && undivided.size() == 1) all.push_back(undivided.front());
  return all;
}

/// Where a split may be.
std::vector<Candidate> candidates(const fs::path& dataset, const std::string& split) {
  std::vector<Candidate> all;
  for (const std::string& name : spellings(dataset, split)) {
    all.push_back({dataset / "annotations" / ("instances_" + name + ".json"),
                   dataset / "images" / (name + ".safetensors"),
                   {dataset / "images" / name, dataset / name, dataset / "images", dataset / "data"}});
  }
  all.push_back({dataset / split / kBesideImages, {}, {dataset / split}});
  if (split == "val") all.push_back({dataset / "valid" / kBesideImages, {}, {dataset / "valid"}});
  return all;
}

std::optional<Candidate> find_candidate(const fs::path& dataset, const std::string& split) {
  for (auto& candidate : candidates(dataset, split)) {
    if (is_file(candidate.annotations)) return std::move(candidate);
  }
  return {};
}

Candidate candidate_of(const fs::path& dataset, const std::string& split) {
  auto found = find_candidate(dataset, split);
  if (!found) {
    fail("{}: no annotations/instances_{}.json nor {}/{}; is there a split '{}'?", dataset.string(), split,
         split, kBesideImages, split);
  }
  std::erase_if(found->images, [](const fs::path& folder) { return !is_folder(folder); });
  return std::move(*found);
}

void place_images(const fs::path& dataset, const std::string& split, const Candidate& candidate,
                  DatasetSplit& read, const IssueSink& report) {
  auto& images = read.entries.images;
  read.image_dir = choose_image_folder(images, candidate.images);
  // If only some images are not found, they are missing; if most are not, they are elsewhere in the folder.
  if (!read.image_dir.empty() && 2 * count_found(images, read.image_dir) >= count_found_at_most(images))
    return;
  const FolderSurvey survey = survey_folder(dataset);
  const bool any = std::any_of(survey.folders.begin(), survey.folders.end(),
                               [](const auto& folder) { return !folder.images.empty(); });
  if (!any && candidate.images.empty() && !images.empty()) {
    fail("{}: no images in {} or {}, or anywhere else in {}{}", candidate.annotations.string(),
         (dataset / "images" / split).string(), (dataset / "images").string(), dataset.string(),
         survey.dead_links.empty()
             ? ""
             : fmt::format("; the link {} leads nowhere", survey.dead_links.front().string()));
  }
  if (images.empty() && !candidate.images.empty()) read.image_dir = candidate.images.front();
  auto placed = read.entries;
  std::vector<Issue> faults;
  const fs::path place = place_coco_images(placed, candidate.annotations, survey,
                                           [&](const Issue& issue) { faults.push_back(issue); });
  const bool faulty =
      std::any_of(faults.begin(), faults.end(), [](const Issue& issue) { return is_error(issue.kind); });
  if (read.image_dir.empty() || faulty ||
      count_found(placed.images, place) > count_found(images, read.image_dir)) {
    for (const auto& fault : faults) report(fault);
    read.entries = std::move(placed);
    read.image_dir = place;
  }
}

void add_paths(const DatasetSplit& split, std::set<fs::path>& paths) {
  for (const auto& image : split.entries.images) {
    paths.insert((split.image_dir / image.file_name).lexically_normal());
  }
}

// Reports images in the split's folder that no annotation file names. If splits share the folder, the first
// one reports the images that are in none of them.
void report_unnamed_images(const fs::path& dataset, const std::string& split, const DatasetSplit& read,
                           const IssueSink& report) {
  const FolderSurvey survey = survey_folder(read.image_dir);
  std::set<fs::path> named;
  add_paths(read, named);
  const fs::path own = coco_annotations(dataset, split);
  if (!unnamed_images(survey, named, "")) return;
  std::string source = own.string();
  bool first = true;
  for (const std::string other : {"train", "val", "test"}) {
    if (!has_coco_split(dataset, other)) continue;
    const fs::path file = coco_annotations(dataset, other);
    if (file == own) {
      first = false;
      continue;
    }
    const Candidate candidate = candidate_of(dataset, other);
    DatasetSplit beside{.entries = read_coco(file, [](const Issue&) {}), .image_dir = {}};
    place_images(dataset, other, candidate, beside, [](const Issue&) {});
    find_alike_images(beside.entries.images, beside.image_dir, file, [](const Issue&) {});
    const size_t before = named.size();
    std::set<fs::path> paths;
    add_paths(beside, paths);
    const fs::path root = read.image_dir.lexically_normal();
    bool shared = false;
    for (const auto& path : paths) {
      const auto below = path.lexically_relative(root).string();
      shared = shared || (!below.empty() && !below.starts_with(".."));
    }
    named.insert(paths.begin(), paths.end());
    if (shared && first) return;  // The earlier split reports them.
    if (named.size() > before && shared) source = (dataset / "annotations").string();
  }
  if (const auto issue = unnamed_images(survey, named, source)) report(*issue);
}

}  // namespace

bool is_coco_folder(const fs::path& dataset) {
  if (!names_of_instances(dataset).empty()) return true;
  for (const auto& path : entries_if_any(dataset)) {
    if (is_file(path / kBesideImages)) return true;
  }
  return false;
}

bool has_coco_split(const fs::path& dataset, const std::string& split) {
  return find_candidate(dataset, split).has_value();
}

fs::path coco_annotations(const fs::path& dataset, const std::string& split) {
  return candidate_of(dataset, split).annotations;
}

DatasetSplit read_coco_split(const fs::path& dataset, const std::string& split, const ReadAs& /*as*/,
                             const IssueSink& report) {
  const Candidate candidate = candidate_of(dataset, split);
  DatasetSplit read{.entries = read_coco(candidate.annotations, report), .image_dir = candidate.pack};
  if (is_file(candidate.pack)) return read;
  bool ambiguous = false;
  place_images(dataset, split, candidate, read, [&](const Issue& issue) {
    ambiguous = ambiguous || is_error(issue.kind);
    report(issue);
  });
  find_alike_images(read.entries.images, read.image_dir, candidate.annotations, report);
  // An ambiguity of images has been reported already.
  if (!ambiguous) report_unnamed_images(dataset, split, read, report);
  return read;
}

}  // namespace focus::data
