// Where a data set keeps the annotations and pictures of its splits.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "data/annotations.h"

namespace focus::data {

/// One split of a data set on disk.
struct SplitPaths {
  std::filesystem::path annotations;
  std::filesystem::path images;
};

/// Finds a split: annotations/instances_SPLIT.json with pictures in images/SPLIT or SPLIT; COCO's own folder
/// with its year (instances_SPLIT2017.json, SPLIT2017/) too. Throws Error naming what was looked for.
SplitPaths find_split(const std::filesystem::path& dataset, const std::string& split);

/// load_coco of a split.
std::shared_ptr<const AnnotationStore> load_split(const std::filesystem::path& dataset,
                                                  const std::string& split);

}  // namespace focus::data
