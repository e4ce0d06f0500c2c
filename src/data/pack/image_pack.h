// Decoded pictures of a split in one safetensors file, looked at where they lie in it.
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

/// Pictures by file name: tensors (H, W, 3) of bytes, BGR. The file is mapped, not read: memory holds what
/// was looked at lately, once for all processes. Thread-safe: it never changes.
class PicturePack {
 public:
  /// Throws Error naming the file and what in it is no picture; a truncated file is found here.
  explicit PicturePack(const std::filesystem::path& path);

  /// A view of the file, which stays without this object. Throws Error if there is no such picture.
  images::Image picture(const std::string& name) const;
  bool has(const std::string& name) const { return tensors_.entries().contains(name); }

  /// How pictures were turned when they were packed.
  images::Orientation orientation() const { return orientation_; }

 private:
  std::string path_;
  io::MappedTensors tensors_;
  images::Orientation orientation_;
};

/// A picture to pack.
struct PackedName {
  std::string name;
  nn::ImageSize size;
};

/// Writes a pack atomically; `picture(i)` is asked for one after the other, so memory holds few at a time.
/// Throws Error naming the file if it cannot be written, or a picture is not of the size it was said to have.
void write_picture_pack(const std::filesystem::path& path, const std::vector<PackedName>& names,
                        images::Orientation orientation, const std::function<images::Image(size_t)>& picture);

}  // namespace focus::data
