// Numbers as people write them in options: the same in a file, in key=value and behind a flag.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace focus {

/// The integer that the whole text is: decimal digits, perhaps behind a sign. None for what elsewhere means
/// something else, such as 010, which is 8 in C, in YAML 1.1 and behind many programs' flags.
std::optional<int64_t> integer_of(std::string_view text);

/// The number that the whole text is: decimal, perhaps with a point and an exponent, or inf. None for NaN and
/// for what elsewhere means something else. The same in every locale.
std::optional<double> real_of(std::string_view text);

/// True for a number that is decimal and nothing else than too large, or an integer of too many digits.
bool is_beyond_range(std::string_view text, bool whole);

/// Why a text that looks like a number is none, and how to write it: "a leading zero makes it octal to some
/// programs; write 8". Empty if nothing is to be said. `whole`: an integer was asked for.
std::string why_no_number(std::string_view text, bool whole);

}  // namespace focus
