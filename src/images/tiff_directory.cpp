#include "images/tiff_directory.h"

#include <algorithm>

namespace focus::images {
namespace {

// Bytes of a value of each type (TIFF 6.0, section 2; BigTIFF's are 16 to 18); 0: unknown type.
size_t bytes_of(uint16_t type) {
  static constexpr uint8_t kBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return type < std::size(kBytes) ? kBytes[type] : 0;
}

bool is_whole(uint16_t type) {
  constexpr uint16_t kByte = 1, kShort = 3, kLong = 4, kIfd = 13, kLong8 = 16, kIfd8 = 18;
  return type == kByte || type == kShort || type == kLong || type == kIfd || type == kLong8 || type == kIfd8;
}

}  // namespace

const TiffField* TiffDirectory::find(uint16_t tag) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.tag == tag; });
  return found == fields.end() ? nullptr : &*found;
}

uint64_t TiffStructure::value(uint64_t at, size_t count) const {
  uint64_t result = 0;
  for (size_t i = 0; i < count; ++i) {
    result = result << 8 | bytes_[at + (big_endian_ ? i : count - 1 - i)];
  }
  return result;
}

std::optional<TiffStructure> TiffStructure::in(std::span<const uint8_t> bytes) {
  constexpr uint64_t kClassic = 42, kBig = 43;
  if (bytes.size() < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M')) return {};
  TiffStructure structure(bytes, bytes[0] == 'M');
  const uint64_t version = structure.value(2, 2);
  if (version == kClassic) {
    structure.first_ = structure.value(4, 4);
    return structure;
  }
  if (version != kBig || bytes.size() < 16 || structure.value(4, 2) != 8) return {};
  structure.wide_ = true;
  structure.first_ = structure.value(8, 8);
  return structure;
}

std::optional<TiffDirectory> TiffStructure::directory(uint64_t at) const {
  const size_t head = wide_ ? 8 : 2, each = wide_ ? 20 : 12, wide = wide_ ? 8 : 4;
  if (!holds(at, head)) return {};
  const uint64_t count = value(at, head);
  const uint64_t fields = at + head;
  if (count > bytes_.size() / each || !holds(fields, count * each)) return {};
  TiffDirectory result;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t entry = fields + i * each;
    TiffField field{static_cast<uint16_t>(value(entry, 2)), static_cast<uint16_t>(value(entry + 2, 2)),
                    value(entry + 4, wide), entry + 4 + wide};
    const size_t bytes = bytes_of(field.type);
    // Values that do not fit into the entry are elsewhere.
    if (bytes > 0 && field.count > wide / bytes) field.at = value(field.at, wide);
    result.fields.push_back(field);
  }
  // Some EXIF writers omit the offset at the end of the last directory.
  if (holds(fields + count * each, wide)) result.next = value(fields + count * each, wide);
  return result;
}

std::optional<std::vector<uint64_t>> TiffStructure::numbers(const TiffField& field) const {
  const size_t bytes = bytes_of(field.type);
  if (!is_whole(field.type) || field.count > bytes_.size() / bytes || !holds(field.at, field.count * bytes)) {
    return {};
  }
  std::vector<uint64_t> result(field.count);
  for (uint64_t i = 0; i < field.count; ++i) result[i] = value(field.at + i * bytes, bytes);
  return result;
}

std::optional<uint64_t> TiffStructure::number(const TiffDirectory& directory, uint16_t tag) const {
  const TiffField* field = directory.find(tag);
  const auto values = field ? numbers(*field) : std::nullopt;
  return values && !values->empty() ? std::optional(values->front()) : std::nullopt;
}

}  // namespace focus::images
