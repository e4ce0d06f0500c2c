// Reads COCO annotation files entry by entry and reports faults to the caller: the strict loader stops at the
// first error, the check collects them all. Format: https://cocodataset.org/#format-data
#pragma once

#include <filesystem>

#include "data/annotations.h"
#include "data/issue.h"

namespace focus::data {

/// Reads the usable entries of `path`: categories by ascending id, so that train and val files have the same
/// classes; images and boxes in file order. Every error is given to `report`; if that returns, the entry is
/// left out and reading continues. Python's NaN and Infinity literals, which are not JSON, are reported at
/// their field. Ids may be text, or integers of any length (entry_ids.h). Missing fields of an annotation
/// have defaults: `area` that of the box, `iscrowd` 0, and `bbox` the bounds of the `segmentation` if there
/// is one (without `area`, also the area it encloses); null and empty text count as missing. Throws Error
/// only if the file is missing or not a file.
AnnotationEntries read_coco(const std::filesystem::path& path, const IssueSink& report);

/// Throws an Error for an issue whose entry does not name the annotation file.
[[noreturn]] void fail_annotation_file(const std::filesystem::path& file, const Issue& issue);

}  // namespace focus::data
