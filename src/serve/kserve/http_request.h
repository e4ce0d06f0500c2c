// A request of KServe's protocol as HTTP carries it: JSON, and with Triton's extension binary tensors behind
// it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "serve/kserve/message.h"

namespace focus::serve::kserve {

/// Most values of a request's JSON, without the numbers of its tensors, and how deep they may be nested.
constexpr size_t kMostValues = 10000;
constexpr size_t kMostNested = 16;

/// Reads a body, decompressed. Tensors are read while the text is: no more memory is taken than `body` has
/// bytes, whatever it says.
/// @param body       lives longer than what is returned
/// @param json_bytes the header Inference-Header-Content-Length: how much of `body` is JSON; none: all. "0":
/// no
///   JSON, but one encoded image (Triton's raw binary request)
/// Throws HttpError 400 naming the field and what is wrong with it: no JSON, nested too deep, too many
/// values, keys that come twice, fields of another type, binary tensors that are not where they should be.
Request read_http_request(std::string_view body, std::optional<std::string_view> json_bytes);

}  // namespace focus::serve::kserve
