// How to read a data set where its files are ambiguous.
#pragma once

#include "data/voc/voc_corners.h"
#include "images/image_reading.h"

namespace focus::data {

struct DatasetReading {
  images::ImageReading images = images::ImageReading::kByDataset;
  VocCorners voc_corners = VocCorners::kKit;  ///< For data sets in Pascal VOC's format.
};

}  // namespace focus::data
