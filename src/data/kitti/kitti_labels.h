// The label files of KITTI's object detection: one line per object, one file per image. Format: readme.txt of
// the development kit, https://www.cvlibs.net/datasets/kitti/eval_object.php
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "data/folder/named_objects.h"
#include "data/issue.h"
#include "data/voc/voc_annotation.h"

namespace focus::data {

/// What KITTI calls a region in which objects are not labelled.
inline constexpr std::string_view kDontCare = "DontCare";

/// True for a line with a type, which is not a number, and 14 numbers, or 15 with a score.
bool is_kitti_label(std::string_view line);

/// Reads lines `type truncated occluded alpha x1 y1 x2 y2 h w l x y z rotation_y [score]`. Corners are edges
/// in pixels from 0, so x = x1 and width = x2 - x1; values about the third dimension must be numbers and are
/// not used. A type of several words is accepted if the line cannot be read otherwise. DontCare regions
/// become crowds of any class. Each line that cannot be used is reported under "NAME:LINE"; if `report`
/// returns, it is left out.
VocImage parse_kitti_labels(std::string_view text, const std::string& name, const IssueSink& report);

/// The same for a file of at most 16 MiB; one that cannot be read is reported.
std::optional<VocImage> read_kitti_labels(const std::filesystem::path& path, const IssueSink& report);

/// How KITTI's label files are read in any folder.
ObjectReading kitti_reading(const ReadAs& as);

}  // namespace focus::data
