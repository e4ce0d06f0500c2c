// Numbers in text: as people write them in options, and as files and other programs do. The only place that
// parses them, and the same in every locale.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace focus {

/// Takes a number, as std::from_chars reads it, from the front of `text`: neither a '+' nor spaces before it.
/// None, and `text` as it was, if there is none there or it is beyond Number's range.
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

/// The number that the whole text is, by take_number.
template <typename Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  const auto value = take_number<Number>(text, base);
  return text.empty() ? value : std::nullopt;
}

/// The number that the whole of a file's field is, if it is one; it may be NaN or infinite. What is beyond
/// the range of a double is infinite, what is too near to zero for it is zero.
std::optional<double> number_of(std::string_view field);

/// The integer that the whole text of an option is: decimal digits, perhaps behind a sign. None for what
/// elsewhere means something else, such as 010, which is 8 in C, in YAML 1.1 and behind many programs' flags.
std::optional<int64_t> integer_of(std::string_view text);

/// The number that the whole text of an option is: decimal, perhaps with a point and an exponent, or inf.
/// None for NaN and for what elsewhere means something else.
std::optional<double> real_of(std::string_view text);

/// True for a number that is decimal and nothing else than too large, or an integer of too many digits.
bool is_beyond_range(std::string_view text, bool whole);

/// Why a text that looks like a number is none, and how to write it: "a leading zero makes it octal to some
/// programs; write 8". Empty if nothing is to be said. `whole`: an integer was asked for.
std::string why_no_number(std::string_view text, bool whole);

}  // namespace focus
