// The classes of COCO: 80 object categories with ids from 1 to 90.
#pragma once

#include <vector>

#include "data/annotations.h"

namespace focus::data {

/// The 80 categories in the order of their ids: the classes of detectors that number them without gaps
/// (detrex, detectron2). From COCO's annotation files (cocodataset.org), instances_val2017.json.
const std::vector<Category>& coco_categories();

/// The classes of detectors that use the ids themselves as class indices (DETR, Deformable DETR, DINO): entry
/// i has id i. The ids that COCO does not use, 0 among them, are called "unused <id>".
std::vector<Category> coco_categories_by_id();

}  // namespace focus::data
