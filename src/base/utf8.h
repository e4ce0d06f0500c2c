// Text from files that may not be what it claims to be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace focus {

/// The text with '?' for every byte that is no part of a character in UTF-8.
std::string as_valid_utf8(std::string_view text);

/// Appends the character of a code point, at most 0x10FFFF.
void append_utf8(std::string& text, uint32_t code_point);

}  // namespace focus
