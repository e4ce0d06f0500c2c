// Converts UTF-8 to the characters that are drawn.
#pragma once

#include <string>
#include <string_view>

namespace focus::viz {

/// The visible characters of a text: control characters become spaces, invisible marks are left out, and
/// Korean letters, which some file systems store separately, are joined to syllables. Invalid UTF-8 becomes
/// U+FFFD.
std::u32string code_points(std::string_view utf8);

/// Whether OpenCV's own letters can show the whole text.
bool is_ascii(std::string_view text);

}  // namespace focus::viz
