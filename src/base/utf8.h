// UTF-8 text, which may be invalid if it comes from a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace focus {

/// The text with '?' for every byte that is not part of a valid UTF-8 character.
std::string as_valid_utf8(std::string_view text);

/// Appends the character of a code point, at most 0x10FFFF.
void append_utf8(std::string& text, uint32_t code_point);

}  // namespace focus
