// The sizes of many images, for formats that do not state them.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "data/issue.h"
#include "images/decode.h"
#include "nn/batch.h"

namespace focus::data {

/// The size of each image, upright or as stored, from its header (measure_image); uses several threads. An
/// image that is missing or cannot be measured has none and is reported.
std::vector<std::optional<nn::ImageSize>> measured_images(const std::vector<std::filesystem::path>& paths,
                                                          images::Orientation orientation,
                                                          const IssueSink& report);

}  // namespace focus::data
