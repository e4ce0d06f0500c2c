// Bytes as text (RFC 4648).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace focus {

std::string to_base64(std::string_view bytes);

/// The decoded bytes; none if the text is not base64. Padding at the end may be missing.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace focus
