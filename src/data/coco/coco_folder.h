// Data sets in COCO's format: annotations/instances_SPLIT.json, or SPLIT/_annotations.coco.json, and the
// images they name.
#pragma once

#include <filesystem>
#include <string>

#include "data/dataset_split.h"

namespace focus::data {

/// True if the folder holds annotations/instances_*.json, or a folder with _annotations.coco.json.
bool is_coco_folder(const std::filesystem::path& dataset);

bool has_coco_split(const std::filesystem::path& dataset, const std::string& split);

/// The annotation file of a split: annotations/instances_SPLIT.json; also COCO's own with its year
/// (instances_SPLIT2017.json), other words for the split (instances_Validation.json), for train the only one
/// of an undivided data set (instances_default.json, as CVAT writes it); and SPLIT/_annotations.coco.json, as
/// exported by Roboflow, which calls val "valid". Throws Error naming what was looked for.
std::filesystem::path coco_annotations(const std::filesystem::path& dataset, const std::string& split);

/// See read_split. Images are in images/SPLIT.safetensors (decoded, as written by pack/pack_dataset.h),
/// images/SPLIT, SPLIT, images or data; beside Roboflow's annotations; or else wherever in the folder their
/// names are found (coco_images.h), also with Windows separators.
DatasetSplit read_coco_split(const std::filesystem::path& dataset, const std::string& split, const ReadAs& as,
                             const IssueSink& report);

}  // namespace focus::data
