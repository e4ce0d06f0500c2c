#include "images/stored_image.h"

#include <algorithm>

#include "base/files.h"
#include "base/for_each_index.h"
#include "images/image_bytes.h"
#include "images/limits.h"

namespace focus::images {
namespace {

constexpr size_t kHead = 1 << 16;  // Contains the EXIF data and the size of cameras' photographs.

/// Reads the segments of a JPEG file up to the one that states its size (ITU T.81, annex B); none if they are
/// not all within the bytes.
std::optional<StoredImage> look_at_jpeg(std::span<const uint8_t> bytes) {
  if (bytes.size() < 4 || bytes[0] != 0xFF || bytes[1] != 0xD8) return {};
  StoredImage found;
  bool told = false;
  for (size_t at = 2; at + 4 <= bytes.size();) {
    if (bytes[at] != 0xFF) return {};
    const uint8_t code = bytes[at + 1];
    if (code == 0xFF) {  // A marker may be preceded by fill bytes.
      ++at;
      continue;
    }
    const size_t length = size_t{bytes[at + 2]} << 8 | bytes[at + 3];
    if (length < 2 || at + 2 + length > bytes.size()) return {};
    const auto segment = bytes.subspan(at + 4, length - 2);
    constexpr uint8_t kExif[] = {'E', 'x', 'i', 'f'};
    if (!told && code == 0xE1 && segment.size() > sizeof kExif &&
        std::equal(std::begin(kExif), std::end(kExif), segment.begin())) {
      found.orientation = exif_orientation(segment);
      told = true;
    }
    const bool frame = code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
    if (frame) {
      if (segment.size() < 5) return {};
      found.size = {int64_t{segment[1]} << 8 | segment[2], int64_t{segment[3]} << 8 | segment[4]};
      return possible_size(found.size.height, found.size.width) ? std::optional(found) : std::nullopt;
    }
    if (code == 0xDA || code == 0xD9) return {};
    at += 2 + length;
  }
  return {};
}

}  // namespace

StoredImage look_at_image(const std::filesystem::path& path) {
  if (const auto found = look_at_jpeg(as_bytes(read_begin(path, kHead)))) return *found;
  const auto header = image_header(path);
  return {header.size, header.orientation};
}

std::vector<std::optional<StoredImage>> look_at_images(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::optional<StoredImage>> found(paths.size());
  for_each_index(paths.size(), [&](size_t i) {
    try {
      found[i] = look_at_image(paths[i]);
    } catch (const std::exception&) {
      // Decoding its pixels later reports what is wrong with it.
    }
  });
  return found;
}

bool may_have_size(const std::filesystem::path& path, nn::ImageSize size) {
  try {
    const auto image = look_at_image(path);
    return image.size == size || image.upright() == size;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace focus::images
