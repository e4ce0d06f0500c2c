#include "data/decode.h"

#include <climits>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/error.h"
#include "base/paths.h"
#include "data/limits.h"
#include "data/picture_header.h"

#ifdef FOCUS_DETR_OPENCV
#include "data/opencv/decode.h"
#endif

namespace focus::data {
namespace {

// More than any picture within kMaxPixels needs, uncompressed.
constexpr uintmax_t kMaxFileSize = uintmax_t{8} * kMaxPixels;

std::vector<uint8_t> read_bytes(const std::filesystem::path& path) {
  std::error_code error;
  if (!is_there(path)) fail("{}: {}", path.string(), why_not_there(path, "no such picture"));
  if (!is_file(path)) fail("{}: not a file; name a picture", path.string());
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > kMaxFileSize) {
    fail("{}: {} bytes are too many for a picture of at most {} pixels", path.string(), size, kMaxPixels);
  }
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes(error ? 0 : size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) fail("{}: cannot be read; check its permissions", path.string());
  return bytes;
}

PictureHeader possible_header(std::span<const uint8_t> bytes, const std::string& name) {
  if (bytes.empty()) fail("{}: the picture is empty (0 bytes); copy or download it again", name);
  const PictureHeader header = read_picture_header(bytes, name);
  if (!possible_size(header.size.height, header.size.width)) {
    fail("{}: the {} picture claims to have {} x {} pixels; from 1 to {} are accepted", name, header.format,
         header.size.width, header.size.height, kMaxPixels);
  }
  return header;
}

}  // namespace

std::string decoder_version() {
#ifdef FOCUS_DETR_OPENCV
  return opencv_version();
#else
  return "none";
#endif
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& name, Orientation orientation) {
  const PictureHeader header = possible_header(bytes, name);
#ifdef FOCUS_DETR_OPENCV
  // OpenCV counts in int; the size bound above keeps real pictures far below that.
  if (bytes.size() > INT_MAX) fail("{}: {} bytes are too many for a picture", name, bytes.size());
  std::string fault;
  Image image = decode_by_opencv(bytes, orientation, fault);
  if (image.empty()) {
    fail("{}: the {} picture cannot be decoded{}{}; copy or download it again", name, header.format,
         fault.empty() ? "" : ": ", fault);
  }
  return image;
#else
  static_cast<void>(orientation);
  fail(
      "{}: this program was built without OpenCV and decodes no {} pictures; it reads data sets that "
      "`focus-detr "
      "dataset pack` has decoded elsewhere",
      name, header.format);
#endif
}

Image decode_image(const std::filesystem::path& path, Orientation orientation) {
  return decode_image(read_bytes(path), path.string(), orientation);
}

nn::ImageSize measure_image(const std::filesystem::path& path) {
  return possible_header(read_bytes(path), path.string()).size;
}

}  // namespace focus::data
