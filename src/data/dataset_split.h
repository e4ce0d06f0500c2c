// One split of a data set, as the readers of all formats return it.
#pragma once

#include <filesystem>

#include "data/annotations.h"
#include "data/dataset_reading.h"
#include "data/issue.h"
#include "data/settle_orientation.h"

namespace focus::data {

/// One split of a data set.
struct DatasetSplit {
  AnnotationEntries entries;
  std::filesystem::path image_dir;
  bool sizes_stated = true;         ///< By the annotations; otherwise the images were measured.
  SettledOrientation settled = {};  ///< How images are read; set by read_split.
};

/// How the reader of a format treats what its files leave open.
struct ReadAs {
  images::Orientation measured =
      images::Orientation::kAsStored;  ///< For measuring images without a stated size.
  VocCorners corners = VocCorners::kKit;
};

}  // namespace focus::data
