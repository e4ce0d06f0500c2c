// Files of other formats, given as images.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace focus::images {

/// What a file is, judged by its first bytes, and what to do: "a GIF image, which is not read; convert it to
/// PNG, JPEG or WebP". Empty if they are not recognised.
std::string describe_foreign_file(std::span<const uint8_t> bytes);

}  // namespace focus::images
