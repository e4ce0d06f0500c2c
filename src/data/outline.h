// Outlines of objects as in COCO's field `segmentation`: polygons, or run lengths of a mask.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "data/annotations.h"

namespace focus::data {

/// Measures an outline: a polygon [x, y, x, y, ...], a list of such, polygons of points [[x, y], ...], or a
/// mask {"size": [height, width], "counts": ...} whose runs count down the columns, as a list or in COCO's
/// compressed text. The result is the box around it and the area it encloses; its other fields have their
/// defaults. A mask's box is that of its pixels, as pycocotools' toBbox gives it; areas of several parts are
/// added. Nothing, with the reason in `fault`, for what is none of these or encloses nothing.
std::optional<Annotation> bounds_of_outline(const nlohmann::json& outline, std::string& fault);

}  // namespace focus::data
