// Data sets in COCO's format: annotations/instances_SPLIT.json, or SPLIT/_annotations.coco.json, and the
// pictures they name.
#pragma once

#include <filesystem>
#include <string>

#include "data/dataset_layout.h"

namespace focus::data {

/// One split of a COCO data set on disk.
struct SplitPaths {
  std::filesystem::path annotations;
  std::filesystem::path images;  ///< A folder, or a file of decoded pictures (picture_pack.h).
};

/// True if the folder holds annotations/instances_*.json, or a folder with _annotations.coco.json.
bool is_coco_folder(const std::filesystem::path& dataset);

bool has_coco_split(const std::filesystem::path& dataset, const std::string& split);

/// Finds a split: annotations/instances_SPLIT.json with pictures in images/SPLIT.safetensors (decoded, as
/// data/pack_dataset.h writes them), images/SPLIT or SPLIT; COCO's own folder
/// with its year (instances_SPLIT2017.json, SPLIT2017/) too, and SPLIT/_annotations.coco.json with pictures
/// beside it, as Roboflow exports them, which calls val "valid". Throws Error naming what was looked for.
SplitPaths find_coco_split(const std::filesystem::path& dataset, const std::string& split);

/// See read_split.
DatasetSplit read_coco_split(const std::filesystem::path& dataset, const std::string& split,
                             const IssueSink& report);

}  // namespace focus::data
