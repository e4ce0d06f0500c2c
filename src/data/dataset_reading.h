// How a data set is to be read where its files leave it open.
#pragma once

#include "data/voc/voc_corners.h"
#include "images/image_reading.h"

namespace focus::data {

struct DatasetReading {
  images::ImageReading images = images::ImageReading::kByDataset;
  VocCorners voc_corners = VocCorners::kKit;  ///< Of data sets in Pascal VOC's format.
};

}  // namespace focus::data
