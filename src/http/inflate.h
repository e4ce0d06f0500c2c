// Bodies that came compressed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/byte_budget.h"

namespace focus::http {

enum class Coding { kNone, kGzip, kDeflate };

/// What Accept-Encoding says.
inline constexpr std::string_view kCodings = "gzip, deflate";

/// Of a Content-Encoding; none for one that is not known, or more than one after the other.
std::optional<Coding> coding_of(std::string_view content_encoding);

/// The bytes that `packed` stands for: gzip's members one after the other, or zlib's format, which is what
/// HTTP calls deflate. Memory is taken as it fills, from the budget of `held`. Throws HttpError 413 for more
/// than `max_bytes`, 400 for what is damaged or cut, 503 if the budget has no more.
std::string inflated(std::string_view packed, Coding coding, size_t max_bytes, HeldBytes& held);

}  // namespace focus::http
