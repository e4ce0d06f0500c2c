// Lines of untrusted text files, and the fields of a line.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace focus::data {

/// The text without spaces, tabs, carriage returns and line feeds at its ends.
std::string_view trimmed(std::string_view text);

/// Calls `line` with the number, from 1, and the trimmed text of each line that is not empty. A byte order
/// mark at the start of the text is skipped.
void for_each_line(std::string_view text, const std::function<void(size_t, std::string_view)>& line);

/// The fields of a line, which spaces and tabs separate.
std::vector<std::string_view> fields_of(std::string_view line);

}  // namespace focus::data
