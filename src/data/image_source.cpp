#include "data/image_source.h"

#include <spdlog/fmt/fmt.h>

#include <cstdio>

#include "base/console.h"
#include "base/error.h"

namespace focus::data {

ImageSource::ImageSource(std::shared_ptr<const AnnotationStore> store, int64_t cache_bytes)
    : store_(std::move(store)),
      cache_bytes_(cache_bytes),
      images_(store_->image_dir(), store_->orientation()) {
  if (cache_bytes_ > 0 && !images_.packed()) cache_.resize(static_cast<size_t>(store_->size()));
}

images::Image ImageSource::image(int64_t index) {
  const auto slot = static_cast<size_t>(index);
  if (!cache_.empty()) {
    const std::scoped_lock lock(mutex_);
    if (!cache_.at(slot).empty()) return cache_[slot];
  }
  std::string part_read;
  images::Image image = images_.read(store_->image(index).file_name, &part_read);
  if (!part_read.empty() && !said_part_read_.exchange(true)) {
    print_note("warning: {} {}; `focus-detr dataset check` lists all such files",
               store_->image_path(index).string(), part_read);
  }
  const auto stated = store_->image(index).size;
  if (images::size_of(image) != stated) {
    fail(
        "{}: the image has {} x {} pixels, but the annotation file says {} x {}{}; run `focus-detr dataset "
        "check`",
        store_->image_path(index).string(), image.width(), image.height(), stated.width, stated.height,
        stated == nn::ImageSize{image.width(), image.height()}
            ? " (should it be turned by its EXIF orientation?)"
            : "");
  }
  if (!cache_.empty()) {
    const std::scoped_lock lock(mutex_);
    const auto bytes = static_cast<int64_t>(image.bytes());
    if (cache_[slot].empty() && bytes <= cache_bytes_ - cached_bytes_) {
      cache_[slot] = image;
      cached_bytes_ += bytes;
    }
  }
  return image;
}

int64_t ImageSource::cached_bytes() const {
  const std::scoped_lock lock(mutex_);
  return cached_bytes_;
}

}  // namespace focus::data
