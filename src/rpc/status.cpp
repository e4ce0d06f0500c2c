#include "rpc/status.h"

#include <spdlog/fmt/fmt.h>

#include <new>

#include "http/error.h"

namespace focus::rpc {

Code code_of_http(int status) {
  switch (status) {
    case 200:
      return Code::kOk;
    case 400:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 404:
      return Code::kNotFound;
    case 408:
    case 504:
      return Code::kDeadlineExceeded;
    case 413:
    case 431:
      return Code::kResourceExhausted;
    case 501:
      return Code::kUnimplemented;
    case 503:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

int http_of_code(Code code) {
  switch (code) {
    case Code::kOk:
      return 200;
    case Code::kCancelled:
      return 499;
    case Code::kInvalidArgument:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kNotFound:
      return 404;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kResourceExhausted:
      return 413;
    case Code::kUnimplemented:
      return 501;
    case Code::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

Status status_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const http::HttpError& refused) {
    return {code_of_http(refused.status()), refused.what()};
  } catch (const UsageError& wrong) {
    return {Code::kInvalidArgument, wrong.what()};
  } catch (const std::bad_alloc&) {
    return {Code::kUnavailable, "the server is short of memory; try again"};
  } catch (const std::exception& other) {
    return {Code::kInternal, other.what()};
  } catch (...) {
    return {Code::kInternal, "an unknown error"};
  }
}

std::string percent_encoded(std::string_view message) {
  constexpr size_t kMost = 1024;
  std::string encoded;
  for (const char letter : message.substr(0, kMost)) {
    if (letter >= ' ' && letter <= '~' && letter != '%') {
      encoded += letter;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
  }
  return encoded;
}

}  // namespace focus::rpc
