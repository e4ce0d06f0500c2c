// One split of a data set divided into several.
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
  std::string split = {};  ///< The one to divide; empty: the only one there is.
  bool keep_duplicates =
      false;                 ///< Near duplicates (near_duplicates.h) and copies of one image stay together.
  bool keep_videos = false;  ///< Frames of a video stay together (image_sequences.h), whole
                             ///< videos if these come near the shares.
  ImageTransfer transfer = ImageTransfer::kLink;
  DatasetReading reading = {};
  std::function<void(int64_t done, int64_t all)> progress = {};  ///< Of images that are compared.
};

/// How many images of a part show each class.
struct SplitPart {
  std::string name;
  int64_t images = 0, boxes = 0;
  std::vector<int64_t> images_of_class;
};

struct SplitSummary {
  std::vector<Category> categories;
  std::vector<SplitPart> parts;       ///< train, val, test, and splits that were there and stay as they are.
  std::vector<std::string> notes;     ///< What was kept together or had to be parted.
  std::vector<std::string> warnings;  ///< Classes without any image to train on.
};

/// Writes the data set into the new folder `out`, in COCO's format, complete or not at all, with one split
/// divided by `stratify`: the same for the same seed. Throws Error as load_split does, and for images that
/// cannot be decoded to be compared; UsageError for shares that leave nothing to train on, and where a part
/// would have the name of a split that is there already.
SplitSummary split_dataset(const std::filesystem::path& dataset, const std::filesystem::path& out,
                           const SplitOptions& options);

}  // namespace focus::data
