// Files that are taken for images and are not read.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace focus::images {

/// What a file is, as far as its first bytes tell, and what to do: "a GIF image, which is not read; convert
/// it to PNG, JPEG or WebP". Empty if they tell nothing.
std::string describe_foreign_file(std::span<const uint8_t> bytes);

}  // namespace focus::images
