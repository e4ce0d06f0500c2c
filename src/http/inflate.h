// Decompression of bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/byte_budget.h"

namespace focus::http {

enum class Coding { kNone, kGzip, kDeflate };

/// The value of Accept-Encoding.
inline constexpr std::string_view kCodings = "gzip, deflate";

/// The coding that a Content-Encoding names; none if it is unknown, or if there are several.
std::optional<Coding> coding_of(std::string_view content_encoding);

/// Decompresses `packed`: concatenated gzip members, or zlib's format, which HTTP calls deflate. Takes memory
/// from the budget of `held` as the result grows. Throws HttpError 413 for more than `max_bytes`, 400 for
/// damaged or truncated data, 503 if the budget is used up.
std::string inflated(std::string_view packed, Coding coding, size_t max_bytes, HeldBytes& held);

}  // namespace focus::http
