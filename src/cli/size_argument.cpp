#include "cli/size_argument.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace focus::cli {

nn::ImageSize parse_size(const std::string& text) {
  constexpr int64_t kLeast = 32, kMost = 8192;
  const char* end = text.data() + text.size();
  nn::ImageSize size;
  const auto height = std::from_chars(text.data(), end, size.height);
  if (height.ec == std::errc() && height.ptr != end && *height.ptr == 'x') {
    const auto width = std::from_chars(height.ptr + 1, end, size.width);
    const bool possible =
        std::min(size.height, size.width) >= kLeast && std::max(size.height, size.width) <= kMost;
    if (width.ec == std::errc() && width.ptr == end && possible) return size;
  }
  fail_usage("--size '{}' is not a size; write height x width as 800x1333, each {} to {}", text, kLeast,
             kMost);
}

}  // namespace focus::cli
