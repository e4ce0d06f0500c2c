#include "data/coco_folder.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/paths.h"
#include "data/coco.h"
#include "data/coco_images.h"
#include "data/folder_survey.h"
#include "data/found_images.h"
#include "data/split_name.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBesidePictures = "_annotations.coco.json";

/// A split's annotation file, and where its pictures may be, in the order they are looked for.
struct Candidate {
  fs::path annotations;
  fs::path pack;
  std::vector<fs::path> images;
};

/// What stands between "instances_" and ".json" in the names of annotations/, sorted.
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

/// What files call a split: its own name, with the year of COCO, in other words ("Validation"), or, for what
/// is left to train on, anything ("default", as CVAT has it).
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
  all.push_back({dataset / split / kBesidePictures, {}, {dataset / split}});
  if (split == "val") all.push_back({dataset / "valid" / kBesidePictures, {}, {dataset / "valid"}});
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
         split, kBesidePictures, split);
  }
  std::erase_if(found->images, [](const fs::path& folder) { return !is_folder(folder); });
  return std::move(*found);
}

}  // namespace

bool is_coco_folder(const fs::path& dataset) {
  if (!names_of_instances(dataset).empty()) return true;
  for (const auto& path : entries_if_any(dataset)) {
    if (is_file(path / kBesidePictures)) return true;
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
  auto& images = read.entries.images;
  read.image_dir = choose_image_folder(images, candidate.images);
  // Single ones that are not there are missing; if most are not, they are elsewhere in the folder.
  if (!read.image_dir.empty() && 2 * count_found(images, read.image_dir) >= count_found_at_most(images))
    return read;
  const FolderSurvey survey = survey_folder(dataset);
  const bool any = std::any_of(survey.folders.begin(), survey.folders.end(),
                               [](const auto& folder) { return !folder.images.empty(); });
  if (!any && candidate.images.empty()) {
    fail("{}: no pictures in {} or {}, nor anywhere else in {}", candidate.annotations.string(),
         (dataset / "images" / split).string(), (dataset / "images").string(), dataset.string());
  }
  auto placed = images;
  const fs::path place = place_coco_images(placed, candidate.annotations, survey);
  if (read.image_dir.empty() || count_found(placed, place) > count_found(images, read.image_dir)) {
    images = std::move(placed);
    read.image_dir = place;
  }
  return read;
}

}  // namespace focus::data
