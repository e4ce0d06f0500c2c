// Which way up the images of a data set are read: what an option, a configuration or a model file says.
#pragma once

#include <string>

namespace focus::images {

/// kByDataset: as its format and its annotations tell (settle_orientation.h). kUpright: turned by their EXIF
/// orientation. kAsStored: never turned.
enum class ImageReading { kByDataset, kUpright, kAsStored };

/// From the values of the option exif_orientation: auto, true, false.
/// Throws Error, `source` first, for another text.
ImageReading image_reading_of(const std::string& option, const std::string& source);

/// The option's value for a reading.
const char* option_of(ImageReading reading);

}  // namespace focus::images
