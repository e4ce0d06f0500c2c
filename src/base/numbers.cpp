#include "base/numbers.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace focus {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text;
}

bool starts_with_idle_zero(std::string_view text) {
  text = without_sign(text);
  return text.size() > 1 && text[0] == '0' && is_digit(text[1]);
}

/// Without a leading '+', which from_chars does not accept; "+-1" keeps it and stays invalid.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

/// Whether a decimal number outside a double's range is too large rather than too small, by the position of
/// its first non-zero digit.
bool is_too_large(std::string_view text) {
  const size_t exponent_at = text.find_first_of("eE");
  std::string_view exponent = exponent_at == std::string_view::npos ? "0" : text.substr(exponent_at + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  const std::string_view digits = without_sign(text.substr(0, exponent_at));
  const auto point = static_cast<int64_t>(std::min(digits.find('.'), digits.size()));
  const auto first = static_cast<int64_t>(std::min(digits.find_first_of("123456789"), digits.size()));
  const int64_t before_point = first < point ? point - first : point - first + 1;  // 0.05: -1
  const auto power = parse_number<int64_t>(exponent);
  // An exponent beyond 64 bits decides alone.
  return power ? *power > -before_point : !exponent.starts_with('-');
}

std::string without(std::string_view text, char gone) {
  std::string kept(text);
  kept.erase(std::remove(kept.begin(), kept.end(), gone), kept.end());
  return kept;
}

/// The text without leading zeros.
std::string without_idle_zeros(std::string_view text) {
  std::string kept(text.substr(0, text.size() - without_sign(text).size()));
  text = without_sign(text);
  while (text.size() > 1 && text[0] == '0' && is_digit(text[1])) text.remove_prefix(1);
  return kept.append(text);
}

bool has_shape(std::string_view text, std::string_view allowed) {
  text = without_sign(text);
  return !text.empty() && is_digit(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || allowed.find(c) != std::string_view::npos;
  });
}

std::optional<int64_t> prefixed(std::string_view text, char letter, int base) {
  const bool negative = !text.empty() && text.front() == '-';
  text = without_sign(text);
  if (text.size() < 3 || text[0] != '0' || (text[1] | 0x20) != letter) return {};
  const auto value = parse_number<int64_t>(text.substr(2), base);
  if (!value || *value < 0) return {};
  return negative ? -*value : *value;
}

}  // namespace

std::optional<double> number_of(std::string_view field) {
  double value = 0;
  const char* last = field.data() + field.size();
  const auto [end, fault] = std::from_chars(field.data(), last, value);
  if (end != last || fault == std::errc::invalid_argument) return {};
  if (fault == std::errc()) return value;
  const double limit = is_too_large(field) ? std::numeric_limits<double>::infinity() : 0.0;
  return field.starts_with('-') ? -limit : limit;
}

std::optional<int64_t> integer_of(std::string_view text) {
  return starts_with_idle_zero(text) ? std::nullopt : parse_number<int64_t>(without_plus(text));
}

std::optional<double> real_of(std::string_view text) {
  const auto value = starts_with_idle_zero(text) ? std::nullopt : parse_number<double>(without_plus(text));
  return value && std::isnan(*value) ? std::nullopt : value;
}

bool is_beyond_range(std::string_view text, bool whole) {
  if (starts_with_idle_zero(text)) return false;
  text = without_plus(text);
  const char* last = text.data() + text.size();
  int64_t integer = 0;
  double real = 0;
  const auto [end, error] =
      whole ? std::from_chars(text.data(), last, integer) : std::from_chars(text.data(), last, real);
  return error == std::errc::result_out_of_range && end == last;
}

std::string why_no_number(std::string_view text, bool whole) {
  const auto fits = [whole](std::string_view better) {
    return whole ? integer_of(better).has_value() : real_of(better).has_value();
  };
  if (starts_with_idle_zero(text)) {
    const auto better = without_idle_zeros(text);
    if (fits(better)) return fmt::format("many programs read a leading zero as octal; write {}", better);
  }
  struct Prefix {
    char letter;
    int base;
    const char* name;
  };
  for (const auto& [letter, base, name] :
       {Prefix{'x', 16, "hexadecimal"}, {'o', 8, "octal"}, {'b', 2, "binary"}}) {
    if (const auto value = prefixed(text, letter, base))
      return fmt::format("this is {}; write {}", name, *value);
  }
  if (has_shape(text, "_.eE+-") && text.find('_') != std::string_view::npos) {
    const auto better = without_idle_zeros(without(text, '_'));
    if (fits(better)) return fmt::format("digits must not be grouped; write {}", better);
  }
  if (has_shape(text, ",.") && std::count(text.begin(), text.end(), ',') == 1) {
    std::string point(text);
    std::replace(point.begin(), point.end(), ',', '.');
    if (!whole && fits(point)) return fmt::format("the decimal separator is a point; write {}", point);
    // A thousands separator is followed by three digits.
    const bool grouped = text.size() - text.find(',') == 4 && text.find('.') == std::string_view::npos;
    if (whole && !grouped && real_of(point))
      return fmt::format("the decimal separator is a point ({}), and an integer has no decimals", point);
    if (whole && fits(without(text, ',')))
      return fmt::format("digits must not be grouped; write {}", without(text, ','));
  }
  if (const auto value = whole ? real_of(text) : std::nullopt; value && std::abs(*value) < 9e15) {
    if (*value == std::floor(*value))
      return fmt::format("write it as an integer: {}", static_cast<int64_t>(*value));
    return "it has decimals";
  }
  return "";
}

}  // namespace focus
