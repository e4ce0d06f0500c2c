// Reads splits of data sets with one annotation file per image, whose objects name their classes.
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

/// Finds the image of an annotation that is not yet paired, by the name it states; if there is none, reports
/// that and returns nothing.
using ImageFinder = std::function<std::optional<std::filesystem::path>(
    const std::filesystem::path& annotation, const std::string& stated)>;

/// How annotations are read.
struct ObjectReading {
  ObjectReader read;
  ImageFinder find = {};  ///< Needed for pairs without an image.
  images::Orientation measured =
      images::Orientation::kAsStored;  ///< For measuring images without a stated size.
  bool kit_corners = false;  ///< Corners are read by the rules of VOC's kit; signs of others are reported.
  std::filesystem::path class_list = {};  ///< Where classes could be listed, for messages; may be empty.
};

/// The images of `pairs`, named relative to `image_dir`, with the objects of their annotations. Sizes that no
/// annotation states are read from the images. A class that `classes` lacks is reported.
DatasetSplit read_named_objects(const std::vector<ImagePair>& pairs, const VocClasses& classes,
                                const std::filesystem::path& image_dir, const ObjectReading& reading,
                                const IssueSink& report);

}  // namespace focus::data
