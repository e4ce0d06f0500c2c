#include "rpc/timeout.h"

#include <algorithm>

#include "base/numbers.h"

namespace focus::rpc {

std::optional<std::chrono::nanoseconds> read_timeout(std::string_view text) {
  using std::chrono::nanoseconds;
  constexpr size_t kMostDigits = 8;
  if (text.size() < 2 || text.size() > kMostDigits + 1) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const int64_t count = parse_number<int64_t>(digits).value();
  // The longest timeout, 99999999 hours, overflows nanoseconds; a year is long enough.
  constexpr int64_t kMostHours = 24 * 365;
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(std::min(count, kMostHours));
    case 'M':
      return std::chrono::minutes(count);
    case 'S':
      return std::chrono::seconds(count);
    case 'm':
      return std::chrono::milliseconds(count);
    case 'u':
      return std::chrono::microseconds(count);
    case 'n':
      return nanoseconds(count);
    default:
      return std::nullopt;
  }
}

}  // namespace focus::rpc
