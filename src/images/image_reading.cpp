#include "images/image_reading.h"

#include "base/error.h"
#include "base/human.h"

namespace focus::images {

ImageReading image_reading_of(const std::string& option, const std::string& source) {
  for (const auto reading : {ImageReading::kByDataset, ImageReading::kUpright, ImageReading::kAsStored}) {
    if (option == option_of(reading)) return reading;
  }
  fail("{}: exif_orientation is {}; it is one of auto, true and false", source, in_quotes(option));
}

const char* option_of(ImageReading reading) {
  switch (reading) {
    case ImageReading::kUpright:
      return "true";
    case ImageReading::kAsStored:
      return "false";
    case ImageReading::kByDataset:
      break;
  }
  return "auto";
}

}  // namespace focus::images
