// What a command says: results on standard output, notes on standard error.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <string_view>
#include <utility>

namespace focus {

/// Writes to standard output. Throws BrokenPipe if nobody reads it, Error naming it if it cannot be written:
/// results that are lost are never passed over.
void print_text(std::string_view text);

/// The same, formatted.
template <typename... Args>
void print_result(fmt::format_string<Args...> format, Args&&... args) {
  print_text(fmt::format(format, std::forward<Args>(args)...));
}

/// Writes what is still buffered for standard output. Throws as print_text, but only once: what was thrown
/// before is known.
void flush_results();

/// Writes to standard error. Never fails: work goes on where its log is on a full disk, or its terminal gone.
void note_text(std::string_view text) noexcept;

/// The same, formatted, with a line's end behind it.
template <typename... Args>
void print_note(fmt::format_string<Args...> format, Args&&... args) {
  note_text(fmt::format(format, std::forward<Args>(args)...) + "\n");
}

}  // namespace focus
