#include "images/foreign_formats.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/signatures.h"

namespace focus::images {
namespace {

using namespace std::string_view_literals;

constexpr Signature kImages[] = {
    {0, "GIF87a"sv, "a GIF image"},
    {0, "GIF89a"sv, "a GIF image"},
    {0, "\xFF\x0A"sv, "a JPEG XL image"},
    {4, "JXL "sv, "a JPEG XL image"},
    {4, "jP  "sv, "a JPEG 2000 image"},
    {0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 image"},
    {0, "II\xBC"sv, "a JPEG XR image"},
    {0, "8BPS"sv, "a Photoshop file"},
    {0, "\x76\x2F\x31\x01"sv, "an OpenEXR image"},
    {0, "#?RADIANCE"sv, "a Radiance HDR image"},
    {0, "qoif"sv, "a QOI image"},
    {0, "DDS "sv, "a DDS texture"},
    {0, "\0\0\1\0"sv, "an icon (ICO)"},
    {0, "P1"sv, "a PBM image"},
    {0, "P2"sv, "a PGM image"},
    {0, "P3"sv, "a PPM image"},
    {0, "P4"sv, "a PBM image"},
    {0, "P5"sv, "a PGM image"},
    {0, "P6"sv, "a PPM image"},
    {128, "DICM"sv, "a DICOM image"},
    {0, "SIMPLE  ="sv, "a FITS image"},
    {0, "\x93NUMPY"sv, "a NumPy array"},
    {0, "%PDF"sv, "a PDF document"},
    {0, "<svg"sv, "an SVG drawing"},
    {8, "crx "sv, "a Canon raw photograph (CR3)"},
    {0, "FUJIFILMCCD-RAW"sv, "a Fujifilm raw photograph"},
    {0, "IIRO"sv, "an Olympus raw photograph"},
    {0, "IIU\0"sv, "a Panasonic raw photograph"},
};

constexpr Signature kVideos[] = {
    {4, "ftyp"sv, "an MP4 or QuickTime video"},
    {4, "moov"sv, "a QuickTime video"},
    {8, "AVI "sv, "an AVI video"},
    {0, "\x1A\x45\xDF\xA3"sv, "a Matroska or WebM video"},
};

bool is_web_page(std::string_view file) {
  std::string begin(file.substr(0, 256));
  std::transform(begin.begin(), begin.end(), begin.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return begin.find("<!doctype html") != std::string::npos || begin.find("<html") != std::string::npos;
}

}  // namespace

std::string describe_foreign_file(std::span<const uint8_t> bytes) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (file.starts_with("version https://git-lfs")) {
    return "a pointer of Git LFS, not the image itself; fetch it with `git lfs pull`";
  }
  if (is_web_page(file)) return "a web page, not an image; open it to see why, and download the image again";
  if (const char* kind = kind_among(kImages, file)) {
    return fmt::format("{}, which is not read; convert it to PNG, JPEG or WebP", kind);
  }
  if (file.substr(0, 256).find("<svg") != std::string_view::npos) {
    return "an SVG drawing, which is not read; convert it to PNG, JPEG or WebP";
  }
  if (const char* kind = kind_among(kVideos, file)) return fmt::format("{}, not an image", kind);
  if (const auto kind = archive_kind(file); !kind.empty()) {
    return fmt::format("{}, not an image; unpack it", kind);
  }
  return {};
}

}  // namespace focus::images
