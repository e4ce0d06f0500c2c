// Numbers and untrusted text, formatted for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace focus {

/// "532 B", "1.5 KiB", "97.3 MiB": binary units.
std::string human_bytes(uint64_t bytes);

/// "0.4 s", "42 s", "3 min 05 s", "2 h 07 min", "1 d 03 h"; "?" if negative or not finite.
std::string human_duration(double seconds);

/// Text from a file for an error message: in single quotes, on one line, control characters shown as '?', cut
/// if long.
std::string in_quotes(std::string_view text);

/// The first `most` of some names, each in quotes, and how many more there are.
std::string listed_in_quotes(const std::vector<std::string>& names, size_t most = 8);

}  // namespace focus
