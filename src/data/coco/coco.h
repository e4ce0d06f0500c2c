// Reads COCO annotation files entry by entry, reporting what is wrong to whoever asks: the strict loader
// stops at the first error, the check collects them all. Format: https://cocodataset.org/#format-data
#pragma once

#include <filesystem>

#include "data/annotations.h"
#include "data/issue.h"

namespace focus::data {

/// Reads the usable entries of `path`: categories by ascending id, so that train and val files have the same
/// classes; images and boxes in file order. Every error is given to `report`; if that returns, the entry is
/// left out and reading goes on. Python's NaN and Infinity literals, which are not JSON, are reported at
/// their field. Ids may be text, or integers of any length (entry_ids.h). Of an annotation `area` may be
/// missing (then that of the box), `iscrowd` (then 0), and `bbox` if there is a `segmentation` (then its
/// bounds and, without `area`, what it encloses); null and empty text count as missing. Throws Error only if
/// the file is missing or not a file.
AnnotationEntries read_coco(const std::filesystem::path& path, const IssueSink& report);

/// Throws the Error for an issue of an annotation file, whose entries do not name it.
[[noreturn]] void fail_annotation_file(const std::filesystem::path& file, const Issue& issue);

}  // namespace focus::data
