// The output of a command: results on standard output, notes on standard error.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <string_view>
#include <utility>

namespace focus {

/// Writes to standard output. Throws BrokenPipe if nobody reads it, and Error if it cannot be written: the
/// loss of results is never ignored.
void print_text(std::string_view text);

/// The same, formatted.
template <typename... Args>
void print_result(fmt::format_string<Args...> format, Args&&... args) {
  print_text(fmt::format(format, std::forward<Args>(args)...));
}

/// Writes what is still buffered for standard output. Throws as print_text does; a failure is thrown only
/// once.
void flush_results();

/// Writes to standard error. Never fails: work continues if the log's disk is full or the terminal is gone.
void note_text(std::string_view text) noexcept;

/// The same, formatted and followed by a newline.
template <typename... Args>
void print_note(fmt::format_string<Args...> format, Args&&... args) {
  note_text(fmt::format(format, std::forward<Args>(args)...) + "\n");
}

}  // namespace focus
