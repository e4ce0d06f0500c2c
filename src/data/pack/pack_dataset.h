// Writes data sets with decoded images, for training where decoding is slow or impossible.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/dataset_reading.h"

namespace focus::data {

struct PackOptions {
  std::vector<std::string> splits = {};  ///< Empty: those of train, val and test that exist.
  DatasetReading reading = {};           ///< The reading that training will use.
  std::function<void(int64_t done, int64_t all)> progress = {};  ///< Called for each image of a split.
};

struct PackSummary {
  std::vector<std::string> splits;
  int64_t images = 0;
  int64_t bytes = 0;  ///< Of pixels.
};

/// Writes the splits of `dataset` into the new folder `out`: for each one annotations/instances_SPLIT.json
/// and images/SPLIT.safetensors (image_pack.h), which coco_folder.h reads like images. Names, ids, boxes and
/// pixels are bit for bit those of the data set. `out` appears complete or not at all. Throws Error for a
/// data set that load_split refuses and for images that training refuses; UsageError if `out` exists and is
/// not an empty folder.
PackSummary pack_dataset(const std::filesystem::path& dataset, const std::filesystem::path& out,
                         const PackOptions& options);

}  // namespace focus::data
