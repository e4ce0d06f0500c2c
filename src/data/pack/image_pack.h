// Decoded images of a split in one safetensors file, looked at where they lie in it.
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

/// Images by file name: tensors (H, W, 3) of bytes, BGR. The file is mapped, not read: memory holds what
/// was looked at lately, once for all processes. Thread-safe: it never changes.
class ImagePack {
 public:
  /// Throws Error naming the file and what in it is no image; a truncated file is found here.
  explicit ImagePack(const std::filesystem::path& path);

  /// A view of the file, which stays without this object. Throws Error if there is no such image.
  images::Image image(const std::string& name) const;
  bool has(const std::string& name) const { return tensors_.entries().contains(name); }

  /// How images were turned when they were packed.
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

/// Writes a pack atomically; `image(i)` is asked for one after the other, so memory holds few at a time.
/// Throws Error naming the file if it cannot be written, or an image is not of the size it was said to have.
void write_image_pack(const std::filesystem::path& path, const std::vector<PackedName>& names,
                      images::Orientation orientation, const std::function<images::Image(size_t)>& image);

}  // namespace focus::data
