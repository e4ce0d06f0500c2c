// Errors a person can act on: what was found where, and what to do.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace focus {

/// Something outside the program is wrong: a file, an image, a value in it. The command exits with 1.
/// The message is one line that names the file, the field, what was found, and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command or an option was used wrongly. The command exits with 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// The text made safe for a terminal: control characters become '?', so that names from untrusted files do no
/// harm and a message stays on one line.
std::string printable(std::string text);

/// Throws Error with a formatted message, made printable.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(printable(fmt::format(format, std::forward<Args>(args)...)));
}

/// Throws UsageError with a formatted message, made printable.
template <typename... Args>
[[noreturn]] void fail_usage(fmt::format_string<Args...> format, Args&&... args) {
  throw UsageError(printable(fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace focus
