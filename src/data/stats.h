// Statistics of a data set.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/annotations.h"

namespace focus::data {

/// Smallest, median, mean and largest of some numbers; all 0 if there are none.
struct Summary {
  double min = 0, median = 0, mean = 0, max = 0;
};

struct CategoryStats {
  Category category;
  nlohmann::json id = {};  ///< As the data set states it: an integer or text.
  int64_t boxes = 0;       ///< Crowds left out.
  int64_t images = 0;      ///< Images with such a box.
};

struct DatasetStats {
  int64_t images = 0;
  int64_t empty_images = 0;  ///< Without any box.
  int64_t boxes = 0;         ///< Crowds left out.
  int64_t crowds = 0;
  std::vector<CategoryStats> categories;  ///< In the store's order.
  std::array<int64_t, 3>
      box_sizes{};  ///< Small, medium and large by COCO's areas: below 32^2, below 96^2, others.
  Summary boxes_per_image;
  Summary box_side;  ///< Square root of the box's area, in pixels.
  Summary image_width;
  Summary image_height;
};

/// Counts the entries of a store. Sizes are those of boxes, not of segmentations.
DatasetStats dataset_stats(const AnnotationStore& store);

/// Tables as text, several lines.
std::string to_text(const DatasetStats& stats);

nlohmann::json to_json(const DatasetStats& stats);

}  // namespace focus::data
