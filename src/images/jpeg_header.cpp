#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "images/exif_orientation.h"
#include "images/header_readers.h"
#include "images/tiff_directory.h"

namespace focus::images {
namespace {

bool is_frame(uint64_t code) {
  return code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
}

// Features that libjpeg-turbo, as OpenCV calls it, does not decode (ITU T.81, table B.1).
const char* unusual_frame(uint64_t code, uint64_t precision) {
  if (code == 0xC3 || code == 0xC7 || code == 0xCB || code == 0xCF) return "lossless coding";
  if (code == 0xC5 || code == 0xC6 || code == 0xCD || code == 0xCE) return "hierarchical coding";
  return precision > 8 ? "12 bits per sample" : "";
}

/// The images that MPF data (CIPA DC-007, in APP2) list, without thumbnails.
struct MultiImage {
  int64_t views = 0;   ///< The primary image and those marked as one of several views.
  int64_t others = 0;  ///< Those of undefined type: further images, or a gain map.
};

MultiImage images_of_mpf(std::span<const uint8_t> mpf) {
  constexpr uint16_t kEntries = 0xB002;
  constexpr size_t kEntryBytes = 16;
  const auto structure = TiffStructure::in(mpf);
  const auto directory = structure ? structure->directory(structure->first()) : std::nullopt;
  const auto* entries = directory ? directory->find(kEntries) : nullptr;
  MultiImage found;
  if (!entries || !structure->holds(entries->at, entries->count)) return found;
  const bool big_endian = mpf[0] == 'M';
  for (uint64_t at = 0; at + kEntryBytes <= entries->count; at += kEntryBytes) {
    // The second byte of the attribute: 1 thumbnail, 2 one of several views (panorama, disparity), 3 primary.
    const uint8_t kind = mpf[entries->at + at + (big_endian ? 1 : 2)];
    found.views += kind == 2 || kind == 3;
    found.others += kind == 0;
  }
  return found;
}

/// Whether XMP data state that the file has a gain map, which brightens the image on some screens.
bool names_gain_map(std::span<const uint8_t> xmp) {
  const std::string_view text(reinterpret_cast<const char*>(xmp.data()), xmp.size());
  return text.find("GainMap") != std::string_view::npos || text.find("hdrgm") != std::string_view::npos;
}

}  // namespace

// ITU T.81, annex B: markers are 0xFF and a code; all but a few are followed by a two-byte length.
void read_jpeg_header(const ImageBytes& bytes, ImageHeader& header) {
  bool scanned = false, exif = false, gain_map = false;
  MultiImage images;
  for (size_t at = 2;;) {
    if (bytes.big_endian(at, 1) != 0xFF) bytes.damaged("a marker is missing");
    while (bytes.big_endian(at, 1) == 0xFF) ++at;  // A marker may be preceded by fill bytes.
    const uint64_t code = bytes.big_endian(at++, 1);
    if (code == 0xD9) {
      if (!scanned) bytes.damaged("it ends before its pixels");
      header.images = std::max<int64_t>(1, images.views + (gain_map ? 0 : images.others));
      return;
    }
    if (code == 0x01 || (code >= 0xD0 && code <= 0xD7)) continue;
    const size_t length = bytes.big_endian(at, 2);
    if (length < 2) bytes.damaged("a segment has no length");
    if (is_frame(code) && header.size.height == 0) {
      header.size = {static_cast<int64_t>(bytes.big_endian(at + 3, 2)),
                     static_cast<int64_t>(bytes.big_endian(at + 5, 2))};
      header.unusual = unusual_frame(code, bytes.big_endian(at + 2, 1));
    }
    if (code == 0xE1 && !exif && bytes.equals(at + 2, {"Exif\0\0", 6})) {
      exif = true;
      header.orientation = exif_orientation(bytes.part(at + 2, length - 2));
    }
    if (code == 0xE1) gain_map = gain_map || names_gain_map(bytes.part(at + 2, length - 2));
    if (code == 0xE2 && length > 6 && bytes.equals(at + 2, {"MPF\0", 4})) {
      images = images_of_mpf(bytes.part(at + 6, length - 6));
    }
    at += length;
    if (code != 0xDA) continue;
    scanned = true;
    // Compressed data up to the next marker that is neither a stuffed zero nor a restart.
    for (;; at += 2) {
      at = bytes.find(at, 0xFF);
      const uint64_t next = bytes.big_endian(at + 1, 1);
      if (next == 0xFF) --at;
      if (next != 0x00 && next != 0xFF && (next < 0xD0 || next > 0xD7)) break;
    }
  }
}

}  // namespace focus::images
