// Which way up the images of a split are to be read, so that its boxes lie where they belong.
#pragma once

#include <filesystem>
#include <string>

#include "data/annotations.h"
#include "images/image_reading.h"

namespace focus::data {

struct OrientationRequest {
  images::ImageReading reading = images::ImageReading::kByDataset;
  images::Orientation convention =
      images::Orientation::kAsStored;  ///< Of the format, where nothing else tells.
  bool sizes_stated = true;            ///< By the annotations; else measured in that reading.
};

struct SettledOrientation {
  images::Orientation orientation = images::Orientation::kAsStored;
  std::string note;        ///< How images are read and why; empty if none has an EXIF orientation.
  std::string refusal;     ///< Why they cannot be read so, and what to do; empty if they can.
  std::string wrong_size;  ///< The first image whose stated size is that of neither reading, if there is one.
};

/// Decides by `request.reading`, or, if that leaves it to the data set:
///   - a pack by how it was made (image_pack.h);
///   - stated sizes that fit the images only upright, or only as stored, where EXIF exchanges the sides;
///   - otherwise by the format's convention.
/// Refused are sizes that fit only the other reading, or some the one and some the other; and, unless the
/// request says which, sizes of images as stored whose boxes fit only the upright images: with kUpright these
/// sizes are corrected in `entries`. Where EXIF keeps the sides (a photograph upside down) nothing can be
/// told from sizes.
/// @param image_dir a folder or a pack, or no place at all; images that are not there are not looked at
/// Throws Error for a pack that cannot be read as wanted.
SettledOrientation settle_orientation(AnnotationEntries& entries, const std::filesystem::path& image_dir,
                                      const OrientationRequest& request);

/// Throws Error, `source` first, for what is refused and for wrong sizes.
void require_readable(const SettledOrientation& settled, const std::string& source);

/// How images whose sizes no annotation states are measured.
images::Orientation measured_orientation(const OrientationRequest& request);

}  // namespace focus::data
