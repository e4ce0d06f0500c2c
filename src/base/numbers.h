// Numbers in text: as people write them in options, and as files and other programs do. Parsed only here, and
// the same in every locale.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace focus {

/// Takes a number, as std::from_chars reads it, from the front of `text`, without a '+' or spaces before it.
/// None, with `text` unchanged, if there is no number or it is outside Number's range.
template <typename Number>
std::optional<Number> take_number(std::string_view& text, [[maybe_unused]] int base = 10) {
  Number value{};
  const char *begin = text.data(), *end = begin + text.size();
  std::from_chars_result read{};
  if constexpr (std::is_integral_v<Number>) {
    read = std::from_chars(begin, end, value, base);
  } else {
    read = std::from_chars(begin, end, value);
  }
  if (read.ec != std::errc()) return {};
  text.remove_prefix(static_cast<size_t>(read.ptr - begin));
  return value;
}

/// The whole text as a number, as take_number reads it; none if it is not one.
template <typename Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  const auto value = take_number<Number>(text, base);
  return text.empty() ? value : std::nullopt;
}

/// The whole field of a file as a number, which may be NaN or infinite; none if it is not one. A value too
/// large for a double becomes infinite, one too small becomes zero.
std::optional<double> number_of(std::string_view field);

/// The whole text of an option as an integer: decimal digits, optionally with a sign. None for text that has
/// another meaning elsewhere, such as 010, which is 8 in C, YAML 1.1 and the options of many programs.
std::optional<int64_t> integer_of(std::string_view text);

/// The whole text of an option as a number: decimal, optionally with a point and an exponent, or inf. None
/// for NaN and for text that has another meaning elsewhere.
std::optional<double> real_of(std::string_view text);

/// True for a well-formed decimal number that is out of range: of an int64_t if `whole`, else of a double.
bool is_beyond_range(std::string_view text, bool whole);

/// Why a text that looks like a number is not accepted, and how to write it: "many programs read a leading
/// zero as octal; write 8". Empty if there is nothing to say. `whole`: an integer is needed.
std::string why_no_number(std::string_view text, bool whole);

}  // namespace focus
