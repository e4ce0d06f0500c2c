// Reads text files of other programs as UTF-8.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace focus::data {

/// `text` as UTF-8. UTF-16, which Windows programs write, is converted if it has a byte order mark or its
/// first character is ASCII; the byte order mark of UTF-8 is dropped. Throws Error, beginning with `name`,
/// for broken UTF-16, for UTF-32, and for archives and compressed files, saying what to do.
std::string as_utf8(std::string text, const std::string& name);

/// The text of a file of at most `max_bytes`, converted by as_utf8. Throws Error as read_file and as_utf8 do.
std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace focus::data
