// What a file is, by its first bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace focus {

struct Signature {
  size_t at;
  std::string_view bytes;
  const char* kind;
};

/// The kind of the first signature that a file's first bytes match; null if they match none.
const char* kind_among(std::span<const Signature> signatures, std::string_view begin);

/// What a file with these first bytes is, if it is an archive or compressed: "a ZIP archive"; else empty.
std::string archive_kind(std::string_view begin);

/// What the file is, if it is an archive or compressed; else empty, also if it cannot be read.
std::string archive_kind_of(const std::filesystem::path& file);

}  // namespace focus
