#include "images/heif_boxes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace focus::images {
namespace {

using namespace std::string_view_literals;

constexpr std::array kAvifBrands{"avif"sv, "avis"sv};
constexpr std::array kHeicBrands{"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv,
                                 "hevm"sv, "hevs"sv, "mif1"sv, "mif2"sv, "msf1"sv};

template <size_t count>
bool among(std::string_view brand, const std::array<std::string_view, count>& brands) {
  return std::find(brands.begin(), brands.end(), brand) != brands.end();
}

struct Range {
  size_t begin, end;
};

// The content of the first box of that type in a range; none if there is no complete one.
std::optional<Range> box_in(const ImageBytes& bytes, Range range, std::string_view type) {
  for (size_t at = range.begin; at + 8 <= range.end;) {
    const uint64_t length = bytes.big_endian(at, 4);
    if (length < 8 || length > range.end - at) return {};
    if (bytes.equals(at + 4, type)) return Range{at + 8, at + length};
    at += length;
  }
  return {};
}

}  // namespace

std::optional<ImageFormat> heif_format(std::span<const uint8_t> bytes) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (file.size() < 12 || file.substr(4, 4) != "ftyp") return {};
  size_t length = 0;
  for (size_t i = 0; i < 4; ++i) length = length << 8 | bytes[i];
  const size_t end = std::min(length, file.size());
  bool heic = false;
  // A major brand, its version, and the brands that the file is compatible with.
  for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {
    const std::string_view brand = file.substr(at, 4);
    if (among(brand, kAvifBrands)) return ImageFormat::kAvif;
    heic = heic || among(brand, kHeicBrands);
  }
  return heic ? std::optional(ImageFormat::kHeic) : std::nullopt;
}

// ISO/IEC 14496-12, section 4.2: a length, which counts itself, and a type; a length of 1 is followed by the
// real one, a length of 0 reaches to the file's end.
void follow_heif_boxes(const ImageBytes& bytes) {
  bool described = false;
  for (size_t at = 0; at + 8 <= bytes.size();) {
    const auto type = bytes.part(at + 4, 4);
    // Phones append their own data, which are not boxes.
    if (!std::all_of(type.begin(), type.end(), [](uint8_t c) { return std::isalnum(c); })) break;
    described = described || bytes.equals(at + 4, "meta");
    uint64_t length = bytes.big_endian(at, 4);
    if (length == 0) break;
    if (length == 1) length = bytes.big_endian(at + 8, 8);
    if (length < 8) bytes.damaged("a box has no length");
    if (length > bytes.size() - at) bytes.truncated();
    at += length;
  }
  if (described) return;
  if (box_in(bytes, {0, bytes.size()}, "moov")) {
    fail("{}: an image sequence without a still image, which is not read; convert it to a video",
         bytes.name());
  }
  bytes.truncated();
}

int64_t heif_frames(const ImageBytes& bytes) {
  std::optional<Range> range = Range{0, bytes.size()};
  for (const auto& type : {"moov", "trak", "mdia", "minf", "stbl", "stsz"}) {
    range = box_in(bytes, *range, type);
    if (!range) return 1;
  }
  // Version and flags, a size for all samples, and the number of samples.
  if (range->end - range->begin < 12) return 1;
  return std::max<int64_t>(1, static_cast<int64_t>(bytes.big_endian(range->begin + 8, 4)));
}

}  // namespace focus::images
