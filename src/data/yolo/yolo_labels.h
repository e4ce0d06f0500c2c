// The label files of YOLO data sets: one line per object, with its class and its position as fractions of the
// image size.
// Format: https://docs.ultralytics.com/datasets/detect/ and, for outlines, .../datasets/segment/
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/annotations.h"
#include "data/issue.h"

namespace focus::data {

/// True for a line that begins like a label: a class number and at least two numbers. If these are too few
/// for a box, the reader reports that.
bool is_yolo_label(std::string_view line);

/// Reads `class centre_x centre_y width height` and outlines, `class x1 y1 x2 y2 x3 y3 ...` of at least three
/// points, whose box is the one around them and whose area is the polygon's. Fractions become pixels of an
/// image of `size`; sides that rounding put outside are moved to its edge (box_edges.h). Labels are class
/// numbers below `classes`; annotations have no ids yet. Each line that cannot be used is reported under
/// "NAME:LINE"; if `report` returns, the line is left out.
std::vector<Annotation> parse_yolo_labels(std::string_view text, const std::string& name, nn::ImageSize size,
                                          int64_t classes, const IssueSink& report);

}  // namespace focus::data
