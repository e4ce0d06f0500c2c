#include "data/image_store.h"

#include "base/error.h"
#include "base/paths.h"

namespace focus::data {

ImageStore::ImageStore(std::filesystem::path place, images::Orientation orientation)
    : place_(std::move(place)), orientation_(orientation) {
  if (!is_file(place_)) return;
  pack_.emplace(place_);
  if (orientation_ == images::Orientation::kUpright &&
      pack_->orientation() != images::Orientation::kUpright) {
    fail(
        "{}: images are to be turned by their EXIF orientation, but were packed as stored; pack them with "
        "--exif-orientation",
        place_.string());
  }
}

images::Image ImageStore::read(const std::string& name, std::string* part_read) const {
  if (pack_ && part_read) part_read->clear();
  return pack_ ? pack_->image(name) : images::decode_image(place_ / name, orientation_, part_read);
}

bool ImageStore::has(const std::string& name) const {
  return pack_ ? pack_->has(name) : is_there(place_ / name);
}

}  // namespace focus::data
