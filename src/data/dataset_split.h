// One split of a data set as the readers of all formats hand it over.
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
  bool sizes_stated = true;         ///< By the annotations; else they are those of the images.
  SettledOrientation settled = {};  ///< How images are read; read_split fills it.
};

/// How the reader of a format reads what its files leave open.
struct ReadAs {
  images::Orientation measured =
      images::Orientation::kAsStored;  ///< How images are turned whose size no annotation states.
  VocCorners corners = VocCorners::kKit;
};

}  // namespace focus::data
