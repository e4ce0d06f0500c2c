// Text from files that may not be what it claims to be.
#pragma once

#include <string>
#include <string_view>

namespace focus {

/// The text with '?' for every byte that is no part of a character in UTF-8.
std::string as_valid_utf8(std::string_view text);

}  // namespace focus
