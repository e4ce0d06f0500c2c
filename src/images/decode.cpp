#include "images/decode.h"

#include <climits>
#include <iterator>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/paths.h"
#include "images/exif_orientation.h"
#include "images/image_bytes.h"
#include "images/image_header.h"
#include "images/limits.h"

#ifdef FOCUS_DETR_OPENCV
#include "images/opencv/decode.h"
#include "images/webp/decode_webp.h"
#endif
#ifdef FOCUS_DETR_HEIF
#include "images/heif/heif_image.h"
#endif
#ifdef FOCUS_DETR_TIFF
#include "images/tiff/decode_tiff.h"
#endif

namespace focus::images {
namespace {

// More than any image of kMaxPixels needs, even uncompressed.
constexpr uint64_t kMaxFileSize = uint64_t{8} * kMaxPixels;

std::string read_bytes(const std::filesystem::path& path) {
  if (!is_there(path)) fail("{}: {}", path.string(), why_not_there(path, "no such image"));
  if (!is_file(path)) fail("{}: not a file; name an image", path.string());
  return read_file(path, kMaxFileSize);
}

ImageHeader possible_header(std::span<const uint8_t> bytes, const std::string& name) {
  if (bytes.empty()) fail("{}: the image is empty (0 bytes); copy or download it again", name);
  const ImageHeader header = read_image_header(bytes, name);
  if (!possible_size(header.size.height, header.size.width)) {
    fail("{}: the {} image claims to have {} x {} pixels; from 1 to {} are accepted", name,
         name_of(header.format), header.size.width, header.size.height, kMaxPixels);
  }
  return header;
}

Image decoded_by_opencv(std::span<const uint8_t> bytes, const ImageHeader& header, const std::string& name) {
#ifdef FOCUS_DETR_OPENCV
  // OpenCV counts in int; the limit above keeps real images far below that.
  if (bytes.size() > INT_MAX) fail("{}: {} bytes are too many for an image", name, bytes.size());
  if (*header.unusual != '\0') {
    fail("{}: a {} image with {}, which is not read; convert it to a common JPEG or PNG", name,
         name_of(header.format), header.unusual);
  }
  std::string fault;
  Image image =
      header.format == ImageFormat::kWebp ? decode_webp(bytes, header) : decode_by_opencv(bytes, fault);
  if (image.empty()) {
    fail("{}: the {} image cannot be decoded{}{}; copy or download it again", name, name_of(header.format),
         fault.empty() ? "" : ": ", fault);
  }
  return image;
#else
  static_cast<void>(bytes);
  fail(
      "{}: this program was built without OpenCV and cannot decode {} images; it reads data sets that "
      "`focus-detr dataset pack` has decoded elsewhere",
      name, name_of(header.format));
#endif
}

// As stored, whatever the orientation.
Image stored_pixels(std::span<const uint8_t> bytes, const ImageHeader& header, const std::string& name) {
  switch (header.format) {
    case ImageFormat::kTiff:
#ifdef FOCUS_DETR_TIFF
      return decode_tiff(bytes, header, name);
#else
      fail(
          "{}: a TIFF image, and this program was built without libtiff, which reads them: install "
          "libtiff-dev and build again, or convert the image to JPEG or PNG",
          name);
#endif
#ifdef FOCUS_DETR_HEIF
    case ImageFormat::kHeic:
    case ImageFormat::kAvif:
      return HeifImage(bytes, header.format, name).pixels();
#endif
    default:
      return decoded_by_opencv(bytes, header, name);
  }
}

}  // namespace

std::string decoder_version() {
#ifdef FOCUS_DETR_OPENCV
  return opencv_version();
#else
  return "none";
#endif
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& name, Orientation orientation,
                   std::string* part_read) {
  const ImageHeader header = possible_header(bytes, name);
  if (part_read) *part_read = header.part_read();
  Image image = stored_pixels(bytes, header, name);
  return orientation == Orientation::kUpright ? turned(image, header.orientation) : image;
}

Image decode_image(const std::filesystem::path& path, Orientation orientation, std::string* part_read) {
  return decode_image(as_bytes(read_bytes(path)), path.string(), orientation, part_read);
}

nn::ImageSize measure_image(const std::filesystem::path& path, Orientation orientation) {
  const ImageHeader header = image_header(path);
  return orientation == Orientation::kUpright ? header.upright_size() : header.size;
}

ImageHeader image_header(const std::filesystem::path& path) {
  return possible_header(as_bytes(read_bytes(path)), path.string());
}

}  // namespace focus::images
