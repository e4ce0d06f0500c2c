#include "images/image_header.h"

#include <spdlog/fmt/fmt.h>

#include <string_view>

#include "base/error.h"
#include "images/exif_orientation.h"
#include "images/foreign_formats.h"
#include "images/header_readers.h"
#include "images/heif_boxes.h"

namespace focus::images {
namespace {

using namespace std::string_view_literals;

struct Format {
  ImageFormat format;
  size_t at;
  std::string_view signature;
  void (*read)(const ImageBytes&, ImageHeader&);
};

constexpr Format kFormats[] = {
    {ImageFormat::kJpeg, 0, "\xFF\xD8\xFF"sv, read_jpeg_header},
    {ImageFormat::kPng, 0, "\x89PNG\r\n\x1A\n"sv, read_png_header},
    {ImageFormat::kBmp, 0, "BM"sv, read_bmp_header},
    {ImageFormat::kWebp, 8, "WEBP"sv, read_webp_header},
    {ImageFormat::kTiff, 0, "II\x2A\0"sv, read_tiff_header},
    {ImageFormat::kTiff, 0, "MM\0\x2A"sv, read_tiff_header},
    {ImageFormat::kTiff, 0, "II\x2B\0"sv, read_tiff_header},
    {ImageFormat::kTiff, 0, "MM\0\x2B"sv, read_tiff_header},
};

const Format* find_format(std::span<const uint8_t> bytes) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const auto& format : kFormats) {
    if (file.size() >= format.at && file.substr(format.at).starts_with(format.signature)) return &format;
  }
  return nullptr;
}

ImageHeader read_as(ImageFormat format, void (*read)(const ImageBytes&, ImageHeader&),
                    std::span<const uint8_t> bytes, const std::string& name) {
  ImageHeader header;
  header.format = format;
  read(ImageBytes(bytes, name_of(format), name), header);
  return header;
}

}  // namespace

const char* name_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kWebp:
      return "WebP";
    case ImageFormat::kTiff:
      return "TIFF";
    case ImageFormat::kHeic:
      return "HEIC";
    case ImageFormat::kAvif:
      return "AVIF";
  }
  return "";
}

nn::ImageSize ImageHeader::upright_size() const { return turned_size(size, orientation); }

std::string ImageHeader::part_read() const {
  if (images <= 1) return {};
  if (animated) {
    return fmt::format("is an animated {} of {} frames, of which the first is read", name_of(format), images);
  }
  if (format == ImageFormat::kJpeg) {
    return fmt::format("is an MPO file of {} images, of which the first is read", images);
  }
  if (format == ImageFormat::kTiff) return fmt::format("has {} pages, of which the first is read", images);
  return fmt::format("holds {} images, of which the primary one is read", images);
}

std::optional<ImageFormat> image_format_of(std::span<const uint8_t> bytes) {
  if (const auto heif = heif_format(bytes)) return heif;
  const Format* format = find_format(bytes);
  return format ? std::optional(format->format) : std::nullopt;
}

ImageHeader read_image_header(std::span<const uint8_t> bytes, const std::string& name) {
  if (const auto heif = heif_format(bytes)) return read_as(*heif, read_heif_header, bytes, name);
  if (const Format* format = find_format(bytes)) return read_as(format->format, format->read, bytes, name);
  const std::string foreign = describe_foreign_file(bytes);
  if (!foreign.empty()) fail("{}: {}", name, foreign);
  fail("{}: not a JPEG, PNG, WebP, BMP, TIFF, HEIC or AVIF image; convert it to one of these", name);
}

}  // namespace focus::images
