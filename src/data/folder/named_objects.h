// Splits of data sets with an annotation file for each image, whose objects name their classes.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "data/dataset_split.h"
#include "data/folder/image_pairs.h"
#include "data/voc/voc_annotation.h"
#include "data/voc/voc_classes.h"

namespace focus::data {

/// Finds the image of an annotation that has none yet by the name it states; reports and returns nothing if
/// there is none.
using ImageFinder = std::function<std::optional<std::filesystem::path>(
    const std::filesystem::path& annotation, const std::string& stated)>;

/// How annotations are read.
struct ObjectReading {
  ObjectReader read;
  ImageFinder find = {};  ///< Needed for pairs without an image.
  images::Orientation measured =
      images::Orientation::kAsStored;  ///< How images are turned whose size no annotation states.
  bool kit_corners = false;  ///< Corners are read as VOC's kit has them; signs of others are reported.
  std::filesystem::path class_list = {};  ///< Where classes could be listed, for messages; may be empty.
};

/// The images of `pairs`, named relative to `image_dir`, with the objects of their annotations. Sizes that no
/// annotation states are read from the images. A class that `classes` lacks is reported.
DatasetSplit read_named_objects(const std::vector<ImagePair>& pairs, const VocClasses& classes,
                                const std::filesystem::path& image_dir, const ObjectReading& reading,
                                const IssueSink& report);

}  // namespace focus::data
