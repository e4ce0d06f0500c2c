#include <set>

#include "images/header_readers.h"
#include "images/tiff_directory.h"

namespace focus::images {
namespace {

// A directory of the chain, and its offset.
struct Page {
  uint64_t place;
  TiffDirectory directory;
};

// The full images of the file, without thumbnails, lower resolutions and masks, which have a flag.
std::vector<Page> pages_of(const TiffStructure& structure, const ImageBytes& bytes) {
  constexpr uint64_t kReduced = 1, kMask = 4;
  constexpr size_t kMost = 65536;
  std::vector<Page> pages;
  std::set<uint64_t> seen;
  for (uint64_t at = structure.first(); at != 0;) {
    if (!seen.insert(at).second || seen.size() > kMost) bytes.damaged("its directories form a cycle");
    auto directory = structure.directory(at);
    if (!directory) bytes.truncated();
    const uint64_t next = directory->next;
    const uint64_t kind = structure.number(*directory, kTiffSubfileType).value_or(0);
    if ((kind & (kReduced | kMask)) == 0) pages.push_back({at, std::move(*directory)});
    at = next;
  }
  return pages;
}

// Old-style JPEG in TIFF stores its data differently.
bool keeps_data_in_parts(const TiffStructure& structure, const TiffDirectory& page) {
  constexpr uint64_t kOldJpeg = 6;
  return structure.number(page, kTiffCompression).value_or(1) != kOldJpeg;
}

void check_parts(const TiffStructure& structure, const TiffDirectory& page, const ImageBytes& bytes) {
  if (!keeps_data_in_parts(structure, page)) return;
  const bool tiled = page.find(kTiffTileOffsets) != nullptr;
  const TiffField* where = page.find(tiled ? kTiffTileOffsets : kTiffStripOffsets);
  if (!where) bytes.damaged("the offsets of its pixels are missing");
  const auto offsets = structure.numbers(*where);
  if (!offsets) bytes.truncated();
  const TiffField* sizes = page.find(tiled ? kTiffTileByteCounts : kTiffStripByteCounts);
  if (!sizes) return;  // Old writers omit them if nothing is compressed.
  const auto counts = structure.numbers(*sizes);
  if (!counts) bytes.truncated();
  for (size_t i = 0; i < std::min(offsets->size(), counts->size()); ++i) {
    if (!structure.holds((*offsets)[i], (*counts)[i])) bytes.truncated();
  }
}

}  // namespace

void read_tiff_header(const ImageBytes& bytes, ImageHeader& header) {
  const auto structure = TiffStructure::in(bytes.part(0, bytes.size()));
  if (!structure) bytes.truncated();
  const auto pages = pages_of(*structure, bytes);
  // Canon's raw files have their own marker.
  if (pages.empty() || bytes.equals(8, "CR\2")) {
    fail(
        "{}: a TIFF with only a preview, like the raw photographs of cameras, which are not read; convert "
        "it to JPEG, PNG or TIFF with the camera's software",
        bytes.name());
  }
  const auto& page = pages.front();
  const auto number = [&](uint16_t tag) { return structure->number(page.directory, tag); };
  const auto height = number(kTiffHeight), width = number(kTiffWidth);
  if (!height || !width) bytes.damaged("it has no size");
  // A size above 32 bits exceeds every limit anyway.
  header.size = {static_cast<int64_t>(std::min<uint64_t>(*height, UINT32_MAX)),
                 static_cast<int64_t>(std::min<uint64_t>(*width, UINT32_MAX))};
  const uint64_t orientation = number(kTiffOrientation).value_or(1);
  header.orientation = orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  header.images = static_cast<int64_t>(pages.size());
  header.place = page.place;
  check_parts(*structure, page.directory, bytes);
}

}  // namespace focus::images
