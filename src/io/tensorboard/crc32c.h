// CRC-32C (Castagnoli), the checksum of TFRecord files.
#pragma once

#include <cstdint>
#include <string_view>

namespace focus::io {

/// CRC-32C as in RFC 3720, appendix B.4.
uint32_t crc32c(std::string_view bytes);

/// The checksum, rotated and offset as TFRecord stores it: a checksum of data that contains checksums would
/// be weak.
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace focus::io
