#include "data/coco_folder.h"

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/paths.h"
#include "data/coco.h"

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

/// Where a split may be.
std::vector<Candidate> candidates(const fs::path& dataset, const std::string& split) {
  std::vector<Candidate> all;
  for (const std::string& name : {split, split + "2017", split + "2014"}) {
    all.push_back({dataset / "annotations" / ("instances_" + name + ".json"),
                   dataset / "images" / (name + ".safetensors"),
                   {dataset / "images" / name, dataset / name, dataset / "images"}});
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

}  // namespace

bool is_coco_folder(const fs::path& dataset) {
  for (const auto& path : entries_if_any(dataset / "annotations")) {
    const std::string name = path.filename().string();
    if (name.starts_with("instances_") && name.ends_with(".json")) return true;
  }
  for (const auto& path : entries_if_any(dataset)) {
    if (is_file(path / kBesidePictures)) return true;
  }
  return false;
}

bool has_coco_split(const fs::path& dataset, const std::string& split) {
  return find_candidate(dataset, split).has_value();
}

SplitPaths find_coco_split(const fs::path& dataset, const std::string& split) {
  const auto found = find_candidate(dataset, split);
  if (!found) {
    fail("{}: no annotations/instances_{}.json nor {}/{}; is there a split '{}'?", dataset.string(), split,
         split, kBesidePictures, split);
  }
  if (is_file(found->pack)) return {found->annotations, found->pack};
  for (const fs::path& images : found->images) {
    if (is_folder(images)) return {found->annotations, images};
  }
  fail("{}: no pictures in {} or {}", found->annotations.string(), found->images[0].string(),
       found->images[1].string());
}

DatasetSplit read_coco_split(const fs::path& dataset, const std::string& split, const IssueSink& report) {
  SplitPaths paths = find_coco_split(dataset, split);
  return {read_coco(paths.annotations, report), std::move(paths.images)};
}

}  // namespace focus::data
