// Text files of other people's programs, as UTF-8.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace focus::data {

/// `text` as UTF-8: UTF-16, with a byte order mark or without one where the first character is ASCII, is
/// converted, as Windows' programs write it; a mark of UTF-8 is dropped. Throws Error, `name` first, for
/// UTF-16 that is broken, for UTF-32, and for archives and compressed files, saying what to do.
std::string as_utf8(std::string text, const std::string& name);

/// The text of a file of at most `max_bytes`, as_utf8. Throws Error as read_file does, and for what is no
/// such text.
std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace focus::data
