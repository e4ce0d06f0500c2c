// Divides one split of a data set into several.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/convert_dataset.h"

namespace focus::data {

struct SplitOptions {
  double val = 0.15, test = 0.15;  ///< Shares of the images; the rest is for training.
  uint64_t seed = 0;
  std::string split = {};  ///< The one to divide; empty: the only one.
  bool keep_duplicates =
      false;                 ///< Near duplicates (near_duplicates.h) and copies of one image stay together.
  bool keep_videos = false;  ///< Frames of a video stay together (image_sequences.h), whole
                             ///< videos if these come near the shares.
  ImageTransfer transfer = ImageTransfer::kLink;
  DatasetReading reading = {};
  std::function<void(int64_t done, int64_t all)> progress = {};  ///< Of the images that are compared.
};

/// How many images of a part show each class.
struct SplitPart {
  std::string name;
  int64_t images = 0, boxes = 0;
  std::vector<int64_t> images_of_class;
};

struct SplitSummary {
  std::vector<Category> categories;
  std::vector<SplitPart> parts;       ///< train, val and test, and existing splits that stay as they are.
  std::vector<std::string> notes;     ///< What was kept together or had to be separated.
  std::vector<std::string> warnings;  ///< Classes without an image to train on, or without one to measure.
};

/// Writes the data set into the new folder `out`, in COCO's format, complete or not at all, with one split
/// divided by `stratify`; the same seed gives the same result. Throws Error as load_split does, and for
/// images to compare that cannot be decoded; UsageError for shares that leave nothing to train on, and if a
/// part would have the name of an existing split.
SplitSummary split_dataset(const std::filesystem::path& dataset, const std::filesystem::path& out,
                           const SplitOptions& options);

}  // namespace focus::data
