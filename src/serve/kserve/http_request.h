// A request of KServe's protocol over HTTP: JSON, followed by binary tensors in Triton's extension.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "serve/kserve/message.h"

namespace focus::serve::kserve {

/// Most JSON values of a request, not counting the numbers of its tensors, and the deepest nesting.
constexpr size_t kMostValues = 10000;
constexpr size_t kMostNested = 16;

/// Reads a decompressed body. Tensors are converted while parsing. Takes memory only in proportion to the
/// bytes of `body`, whatever sizes it states.
/// @param body       must outlive the result
/// @param json_bytes the header Inference-Header-Content-Length: how much of `body` is JSON; none: all of it.
///   "0": no JSON, but one encoded image (Triton's raw binary request)
/// Throws HttpError 400 naming the field and what is wrong with it: not JSON, nested too deep, too many
/// values, repeated keys, fields of the wrong type, sizes of binary tensors that do not match the body.
Request read_http_request(std::string_view body, std::optional<std::string_view> json_bytes);

}  // namespace focus::serve::kserve
