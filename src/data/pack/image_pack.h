// Decoded images of a split in one memory-mapped safetensors file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "images/decode.h"
#include "images/image.h"
#include "io/safetensors/safetensors.h"

namespace focus::data {

/// Images by file name: tensors (H, W, 3) of bytes, BGR. The file is mapped, not read: memory holds what was
/// used recently, once for all processes. Thread-safe: it never changes.
class ImagePack {
 public:
  /// Throws Error naming the file and the tensor that is not an image; also for a truncated file.
  explicit ImagePack(const std::filesystem::path& path);

  /// A view into the mapped file, which stays valid without this object. Throws Error if there is no such
  /// image.
  images::Image image(const std::string& name) const;
  bool has(const std::string& name) const { return tensors_.entries().contains(name); }

  /// The orientation in which the images were packed.
  images::Orientation orientation() const { return orientation_; }

 private:
  std::string path_;
  io::MappedTensors tensors_;
  images::Orientation orientation_;
};

/// An image to pack.
struct PackedName {
  std::string name;
  nn::ImageSize size;
};

/// Writes a pack atomically; `image(i)` is called in order, so that memory holds few images at a time. Throws
/// Error naming the file if it cannot be written, or if an image does not have its announced size.
void write_image_pack(const std::filesystem::path& path, const std::vector<PackedName>& names,
                      images::Orientation orientation, const std::function<images::Image(size_t)>& image);

}  // namespace focus::data
