// The header of a safetensors file: where each tensor lies. Allocates no tensors.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace focus::io {

constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;  ///< Bytes; the limit of the format's own reader.

struct TensorEntry {
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  ///< Bytes, relative to the first byte after the header.
};

struct SafetensorsHeader {
  std::map<std::string, TensorEntry> entries;
  std::map<std::string, std::string> unread;  ///< Tensors of types LibTorch lacks: the type's name.
  std::map<std::string, std::string> metadata;
};

/// The format's name of a type, nullptr if it has none.
const char* safetensors_dtype_name(at::ScalarType dtype);

/// Parses and checks a header followed by `data_bytes` bytes of data: afterwards every entry's byte range has
/// the size of its shape and type, and the ranges cover the data without overlaps and gaps. A tensor of a
/// type that LibTorch lacks, or that is newer than this program, is not an error: it is listed as unread.
/// Throws Error whose message starts with `source`, the file's name.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_bytes,
                                           const std::string& source);

}  // namespace focus::io
