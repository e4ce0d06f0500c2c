// Error responses as exceptions.
#pragma once

#include "base/error.h"

namespace focus::http {

/// The status and message that a client gets when its request fails.
class HttpError : public Error {
 public:
  HttpError(int status, const std::string& message) : Error(message), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

/// Throws HttpError with a formatted message.
template <typename... Args>
[[noreturn]] void fail_http(int status, fmt::format_string<Args...> format, Args&&... args) {
  throw HttpError(status, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace focus::http
