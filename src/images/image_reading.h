// Whether the images of a data set are turned upright, as an option, a configuration or a model file says.
#pragma once

#include <string>

namespace focus::images {

/// kByDataset: decided by its format and its annotations (settle_orientation.h). kUpright: turned by their
/// EXIF orientation. kAsStored: never turned.
enum class ImageReading { kByDataset, kUpright, kAsStored };

/// From the values of the option exif_orientation: auto, true, false.
/// Throws Error, beginning with `source`, for any other text.
ImageReading image_reading_of(const std::string& option, const std::string& source);

/// The option's value for a reading.
const char* option_of(ImageReading reading);

}  // namespace focus::images
