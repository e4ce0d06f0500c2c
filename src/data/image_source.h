// The decoded images of a data set, from disk or, as far as they fit, from memory, checked against its
// annotations.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "data/annotations.h"
#include "data/image_store.h"
#include "images/image.h"

namespace focus::data {

/// Decodes images and keeps the first ones that fit into `cache_bytes` for good: every epoch needs every
/// image once, in random order, so evicting some for others would gain nothing. Images of a pack
/// (image_pack.h) are decoded already, and cached by the operating system instead. Thread-safe.
class ImageSource {
 public:
  /// Throws Error for a pack that cannot be used.
  ImageSource(std::shared_ptr<const AnnotationStore> store, int64_t cache_bytes);

  /// The image at `index`, 8-bit BGR, in the orientation of its boxes (store.orientation()). Throws Error
  /// naming the file if it cannot be decoded (decode.h) or its size is not what the annotation file says.
  images::Image image(int64_t index);

  /// Bytes of pixels kept; never more than `cache_bytes`.
  int64_t cached_bytes() const;

 private:
  std::shared_ptr<const AnnotationStore> store_;
  int64_t cache_bytes_;
  ImageStore images_;
  mutable std::mutex mutex_;
  std::vector<images::Image> cache_;  ///< Empty where an image is not kept.
  int64_t cached_bytes_ = 0;
  std::atomic<bool> said_part_read_ = false;  ///< Whether the warning about a file read in part was given.
};

}  // namespace focus::data
