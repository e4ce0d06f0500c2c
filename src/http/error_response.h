// Errors as responses.
#pragma once

#include <exception>
#include <string>

#include "http/message.h"

namespace focus::http {

/// {"error": "..."}, for any bytes in the message; a 503 has Retry-After.
Response error_response(int status, const std::string& message);

/// HttpError with its own status, UsageError 400, lack of memory 503, everything else 500.
Response error_response(const std::exception_ptr& error);

}  // namespace focus::http
