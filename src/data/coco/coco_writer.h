// Writes annotation files in COCO's format: https://cocodataset.org/#format-data
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/written_boxes.h"

namespace focus::data {

/// How precisely boxes are written: to a millionth of a pixel, or so that exactly the same numbers are read
/// back.
enum class BoxDigits { kTidy, kAll };

/// What a file holds besides its images, boxes and classes.
struct CocoExtras {
  std::string info = {};           ///< JSON text of the field `info`; empty: the file has none.
  std::string supercategory = {};  ///< Of every class; empty: they have none.
};

/// Writes annotations/instances_SPLIT.json into `folder`. Ids of categories, images and boxes are the
/// store's; image i is named names[i].
void write_coco_split(const std::filesystem::path& folder, const std::string& split,
                      const AnnotationStore& store, const std::vector<std::string>& names,
                      WrittenBoxes& boxes, BoxDigits digits = BoxDigits::kTidy,
                      const CocoExtras& extras = {});

}  // namespace focus::data
