// Browser applications from other origins (CORS).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace focus::http {

/// An origin as browsers send it, or "*": scheme and host in lower case. Throws UsageError, saying what is
/// wrong, for an origin that no browser sends: empty, without a scheme, with a path, with the default port of
/// its scheme.
std::string origin_of(std::string_view text);

/// Adds the fields that let a browser show the response to the application that sent the request, if its
/// origin is allowed. Adds nothing if no origins are allowed at all.
void allow_origin(const std::vector<std::string>& allowed, std::optional<std::string_view> origin,
                  Fields& fields);

/// True for a browser's question whether an application may send a request.
bool is_preflight(const Head& head);

/// Adds the answer to that question: the methods of the path, and every field the application wants to send.
void answer_preflight(const Head& head, const std::string& methods, Fields& fields);

}  // namespace focus::http
