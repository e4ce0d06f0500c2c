// UTF-8 as the characters that are drawn.
#pragma once

#include <string>
#include <string_view>

namespace focus::viz {

/// The characters of a text that draw something: line ends and tabs become spaces, marks without a shape of
/// their own are left out, and Korean letters that file systems keep apart are joined to syllables. What is
/// no UTF-8 becomes U+FFFD.
std::u32string code_points(std::string_view utf8);

/// Whether all of a text is what OpenCV's own letters can show.
bool is_ascii(std::string_view text);

}  // namespace focus::viz
