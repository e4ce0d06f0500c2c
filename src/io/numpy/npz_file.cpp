#include "io/numpy/npz_file.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/human.h"
#include "io/numpy/numpy_array.h"
#include "io/tensor_view.h"

namespace focus::io {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr uint64_t kMaxHeader = 1 << 16;

bool is_npy(const std::string& name) {
  return name.size() > kSuffix.size() && name.substr(name.size() - kSuffix.size()) == kSuffix;
}

std::string read_header(ZipReader& reader, const std::string& where) {
  std::array<uint8_t, 8> start{};
  if (reader.left() < start.size()) fail("{}: not a numpy array: it has only {} bytes", where, reader.left());
  reader.read(start.data(), start.size());
  constexpr std::array<uint8_t, 6> kMagic{0x93, 'N', 'U', 'M', 'P', 'Y'};
  if (!std::equal(kMagic.begin(), kMagic.end(), start.begin())) fail("{}: not a numpy array", where);
  const int version = start[6];
  if (version < 1 || version > 3) fail("{}: version {} of numpy's format is not known", where, version);
  std::array<uint8_t, 4> length{};
  reader.read(length.data(), version == 1 ? 2 : 4);
  uint64_t bytes = 0;
  for (size_t i = 0; i < length.size(); ++i) bytes |= uint64_t{length[i]} << (8 * i);
  if (bytes > kMaxHeader || bytes > reader.left()) {
    fail("{}: its header of {} bytes is too large; is the file complete?", where, bytes);
  }
  std::string header(bytes, '\0');
  reader.read(header.data(), bytes);
  return header;
}

}  // namespace

bool is_npz(const ZipArchive& archive) {
  for (const auto& [name, entry] : archive.entries()) {
    if (!is_npy(name)) return false;
  }
  return !archive.entries().empty();
}

void read_npz(const ZipArchive& archive, WeightsFile& weights) {
  for (const auto& [entry, place] : archive.entries()) {
    const std::string name = entry.substr(0, entry.size() - kSuffix.size());
    const std::string where = archive.path().string() + ": tensor " + in_quotes(name);
    ZipReader reader = archive.open(entry);
    const ArrayLayout layout = parse_npy_header(read_header(reader, where), where);
    if (!is_numeric_dtype(layout.dtype)) {
      weights.skipped.push_back(name + " (array of " + in_quotes(layout.dtype) + ")");
      continue;
    }
    if (const auto unread = unread_numpy_type(layout.dtype); !unread.empty()) {
      weights.unread.emplace(name, unread);
      continue;
    }
    const uint64_t bytes = checked_bytes(layout.shape, numpy_scalar_type(layout.dtype, where), where);
    if (bytes != reader.left()) {
      fail("{}: its shape needs {} bytes, but it has {}", where, bytes, reader.left());
    }
    const at::Tensor memory = array_memory(layout, where);
    reader.read(memory.data_ptr(), bytes);
    reader.finish();
    weights.tensors.emplace(name, array_of_memory(memory, layout));
  }
}

}  // namespace focus::io
