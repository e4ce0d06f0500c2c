#include "cli/size_argument.h"

#include <algorithm>

#include "base/error.h"
#include "base/numbers.h"

namespace focus::cli {

nn::ImageSize parse_size(const std::string& text) {
  constexpr int64_t kLeast = 32, kMost = 8192;
  std::string_view rest = text;
  const auto height = take_number<int64_t>(rest);
  const auto width = height && rest.starts_with('x') ? parse_number<int64_t>(rest.substr(1)) : std::nullopt;
  if (width && std::min(*height, *width) >= kLeast && std::max(*height, *width) <= kMost) {
    return {*height, *width};
  }
  fail_usage("--size '{}' is not a size; write height x width, such as 800x1333, each from {} to {}", text,
             kLeast, kMost);
}

}  // namespace focus::cli
