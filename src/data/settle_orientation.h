// Decides in which orientation the images of a split are read, so that the boxes match them.
#pragma once

#include <filesystem>
#include <string>

#include "data/annotations.h"
#include "images/image_reading.h"

namespace focus::data {

struct OrientationRequest {
  images::ImageReading reading = images::ImageReading::kByDataset;
  images::Orientation convention =
      images::Orientation::kAsStored;  ///< Of the format; used where nothing else tells.
  bool sizes_stated = true;            ///< By the annotations; otherwise measured.
};

struct SettledOrientation {
  images::Orientation orientation = images::Orientation::kAsStored;
  std::string note;        ///< How images are read and why; empty if none has an EXIF orientation.
  std::string refusal;     ///< Why they cannot be read so, and what to do; empty if they can.
  std::string wrong_size;  ///< The first image whose stated size is that of neither reading, if there is one.
};

/// Decides by `request.reading`, or, if that leaves it to the data set:
///   - for a pack, by how it was made (image_pack.h);
///   - by stated sizes that fit the images only upright, or only as stored, where EXIF exchanges the sides;
///   - otherwise by the format's convention.
/// Refuses stated sizes that fit only the other reading, and a mixture of both. Sizes of images as stored
/// whose boxes fit only the upright images are refused, too, unless the request chooses a reading: with
/// kUpright these sizes are corrected in `entries`. Where EXIF does not exchange the sides (a photograph
/// upside down), sizes tell nothing.
/// @param image_dir a folder or a pack; a folder or images that do not exist are not looked at
/// Throws Error for a pack that cannot be read as requested.
SettledOrientation settle_orientation(AnnotationEntries& entries, const std::filesystem::path& image_dir,
                                      const OrientationRequest& request);

/// Throws Error, beginning with `source`, if there is a refusal or a wrong size.
void require_readable(const SettledOrientation& settled, const std::string& source);

/// The orientation in which images without a stated size are measured.
images::Orientation measured_orientation(const OrientationRequest& request);

}  // namespace focus::data
