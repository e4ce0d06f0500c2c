#include "data/coco_folder.h"

#include <optional>

#include "base/error.h"
#include "data/coco.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

// The split's name on disk, where COCO's own has a year.
std::optional<std::string> name_on_disk(const fs::path& dataset, const std::string& split) {
  for (const std::string& name : {split, split + "2017", split + "2014"}) {
    if (fs::is_regular_file(dataset / "annotations" / ("instances_" + name + ".json"))) return name;
  }
  return {};
}

}  // namespace

bool is_coco_folder(const fs::path& dataset) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(dataset / "annotations", none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("instances_") && name.ends_with(".json")) return true;
  }
  return false;
}

bool has_coco_split(const fs::path& dataset, const std::string& split) {
  return name_on_disk(dataset, split).has_value();
}

SplitPaths find_coco_split(const fs::path& dataset, const std::string& split) {
  const auto name = name_on_disk(dataset, split);
  if (!name) {
    fail("{}: no annotations/instances_{}.json; is there a split '{}'?", dataset.string(), split, split);
  }
  const fs::path annotations = dataset / "annotations" / ("instances_" + *name + ".json");
  for (const fs::path& images : {dataset / "images" / *name, dataset / *name, dataset / "images"}) {
    if (fs::is_directory(images)) return {annotations, images};
  }
  fail("{}: no pictures in images/{} or {} of {}", annotations.string(), *name, *name, dataset.string());
}

DatasetSplit read_coco_split(const fs::path& dataset, const std::string& split, const IssueSink& report) {
  SplitPaths paths = find_coco_split(dataset, split);
  return {read_coco(paths.annotations, report), std::move(paths.images)};
}

}  // namespace focus::data
