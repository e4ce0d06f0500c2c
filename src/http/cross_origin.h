// Browser applications of other origins (CORS).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace focus::http {

/// An origin as browsers send it, or "*": scheme and host in small letters. Throws UsageError that says what
/// is wrong with one that no browser would send: empty, without a scheme, with a path, with its scheme's own
/// port.
std::string origin_of(std::string_view text);

/// Adds what lets a browser show a response to the application that asked, if its origin is allowed; nothing
/// if no origin is.
void allow_origin(const std::vector<std::string>& allowed, std::optional<std::string_view> origin,
                  Fields& fields);

/// True if a browser asks whether an application may send a request, before it does.
bool is_preflight(const Head& head);

/// What it is told: the methods of the path, and every field that the application wants to send.
void answer_preflight(const Head& head, const std::string& methods, Fields& fields);

}  // namespace focus::http
