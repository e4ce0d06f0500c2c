#include "data/settle_orientation.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/error.h"
#include "data/image_store.h"
#include "images/stored_image.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHowToChoose =
    "loader.exif_orientation=true in training, --exif-orientation elsewhere, reads images upright; =false as "
    "stored";

/// Counts entries whose stated sizes or boxes fit only one of the two readings, and keeps the first.
struct Witnesses {
  int64_t count = 0;
  size_t first = 0;

  void add(size_t index) {
    if (count++ == 0) first = index;
  }
};

/// A carelessly drawn box extends a little beyond the image; a box of the other reading extends further.
bool fits(const Annotation& box, nn::ImageSize size) {
  constexpr double kSlack = 0.02;
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  const double slack = 1 + kSlack * std::max(width, height);
  return box.x >= -slack && box.y >= -slack && box.x + box.width <= width + slack &&
         box.y + box.height <= height + slack;
}

/// What a split's images and annotations say about its orientation.
class Evidence {
 public:
  Evidence(const AnnotationEntries& entries, const fs::path& image_dir, bool sizes_stated)
      : entries_(entries), sizes_stated_(sizes_stated) {
    std::vector<fs::path> paths;
    for (const auto& image : entries.images) paths.push_back(image_dir / image.file_name);
    const auto looked = images::look_at_images(paths);
    for (size_t i = 0; i < looked.size(); ++i) {
      if (looked[i]) add(i, *looked[i]);
    }
  }

  Witnesses turned;                         ///< With an EXIF orientation.
  Witnesses stated_upright, stated_stored;  ///< Sizes that fit only one reading.
  Witnesses boxes_upright, boxes_stored;    ///< Of stated_stored: boxes that fit only one reading.
  std::vector<size_t> stored_entries;       ///< Those of stated_stored.
  std::string wrong_size;                   ///< See SettledOrientation.

  std::string example(const Witnesses& witnesses) const {
    const auto& image = entries_.images[witnesses.first];
    return fmt::format("{}, stated as {} x {}", image.file_name, image.size.width, image.size.height);
  }

 private:
  void add(size_t i, const images::StoredImage& image) {
    const auto stated = entries_.images[i].size;
    if (stated.height == 0) {  // Not stated: unsized_images.h measures it in the settled orientation.
      if (image.orientation != 1) turned.add(i);
      return;
    }
    if (stated != image.size && stated != image.upright() && wrong_size.empty()) {
      wrong_size = fmt::format("{}: the image has {} x {} pixels, but the annotations say {} x {}",
                               entries_.images[i].file_name, image.size.width, image.size.height,
                               stated.width, stated.height);
    }
    if (image.orientation == 1) return;
    turned.add(i);
    if (image.upright() == image.size || !sizes_stated_) return;
    if (stated == image.upright()) stated_upright.add(i);
    if (stated != image.size) return;
    stated_stored.add(i);
    stored_entries.push_back(i);
    for (const auto& box : entries_.annotations[i]) {
      const bool stored = fits(box, image.size), upright = fits(box, image.upright());
      if (upright && !stored) boxes_upright.add(i);
      if (stored && !upright) boxes_stored.add(i);
    }
  }

  const AnnotationEntries& entries_;
  bool sizes_stated_;
};

std::string refusal_of(const Evidence& seen, const SettledOrientation& settled,
                       images::ImageReading reading) {
  if (seen.stated_upright.count > 0 && seen.stated_stored.count > 0) {
    return fmt::format(
        "of {} images with an EXIF orientation, the stated sizes of {} fit only the upright image (such as "
        "{}), those of {} only the image as stored (such as {}); state all sizes in the same reading",
        seen.turned.count, seen.stated_upright.count, seen.example(seen.stated_upright),
        seen.stated_stored.count, seen.example(seen.stated_stored));
  }
  if (settled.orientation == images::Orientation::kAsStored && seen.stated_upright.count > 0) {
    return fmt::format(
        "the stated sizes of {} images fit only the image turned upright by its EXIF orientation (such as "
        "{}), but images are to be read as stored; {}",
        seen.stated_upright.count, seen.example(seen.stated_upright), kHowToChoose);
  }
  const bool upright_boxes = seen.boxes_upright.count > 0 && seen.boxes_stored.count == 0;
  if (settled.orientation == images::Orientation::kUpright && seen.stated_stored.count > 0 &&
      !upright_boxes) {
    return fmt::format(
        "the stated sizes of {} images fit only the image as stored (such as {}), but images are to be "
        "turned upright by their EXIF orientation; {}",
        seen.stated_stored.count, seen.example(seen.stated_stored), kHowToChoose);
  }
  if (reading == images::ImageReading::kByDataset && upright_boxes) {
    return fmt::format(
        "the stated sizes of {} images are those of the image as stored, but boxes fit only the image turned "
        "upright by its EXIF orientation (such as {}); choose one: {}",
        seen.stated_stored.count, seen.example(seen.boxes_upright), kHowToChoose);
  }
  return {};
}

std::string reason_of(const Evidence& seen, images::ImageReading reading) {
  if (reading != images::ImageReading::kByDataset) return "as requested";
  if (seen.stated_upright.count + seen.stated_stored.count > 0) return "to match the stated sizes";
  return "by the convention of the format";
}

SettledOrientation of_pack(const fs::path& pack, images::ImageReading reading) {
  // Throws for images that were packed as stored but are to be upright.
  const ImageStore images(pack, reading == images::ImageReading::kUpright ? images::Orientation::kUpright
                                                                          : images::Orientation::kAsStored);
  return {.orientation = images.orientation(), .note = {}, .refusal = {}, .wrong_size = {}};
}

}  // namespace

void require_readable(const SettledOrientation& settled, const std::string& source) {
  if (!settled.refusal.empty()) fail("{}: {}", source, settled.refusal);
  if (settled.wrong_size.empty()) return;
  fail("{}: {}; repair it (`focus-detr dataset check` lists all that is wrong)", source, settled.wrong_size);
}

images::Orientation measured_orientation(const OrientationRequest& request) {
  if (request.reading == images::ImageReading::kByDataset) return request.convention;
  return request.reading == images::ImageReading::kUpright ? images::Orientation::kUpright
                                                           : images::Orientation::kAsStored;
}

SettledOrientation settle_orientation(AnnotationEntries& entries, const fs::path& image_dir,
                                      const OrientationRequest& request) {
  std::error_code none;
  if (fs::is_regular_file(image_dir, none)) return of_pack(image_dir, request.reading);
  SettledOrientation settled;
  settled.orientation = measured_orientation(request);
  if (!fs::is_directory(image_dir, none)) return settled;
  const Evidence seen(entries, image_dir, request.sizes_stated);
  settled.wrong_size = seen.wrong_size;
  if (seen.turned.count == 0) return settled;
  if (request.reading == images::ImageReading::kByDataset &&
      seen.stated_upright.count + seen.stated_stored.count > 0) {
    settled.orientation =
        seen.stated_upright.count > 0 ? images::Orientation::kUpright : images::Orientation::kAsStored;
  }
  const bool upright = settled.orientation == images::Orientation::kUpright;
  settled.refusal = refusal_of(seen, settled, request.reading);
  settled.note = fmt::format("{} of {} images have an EXIF orientation and are read {}, {}; {}",
                             seen.turned.count, entries.images.size(), upright ? "upright" : "as stored",
                             reason_of(seen, request.reading), kHowToChoose);
  if (!settled.refusal.empty() || !upright) return settled;
  for (const size_t i : seen.stored_entries) {
    auto& size = entries.images[i].size;
    size = {size.width, size.height};
  }
  return settled;
}

}  // namespace focus::data
