// The status of a gRPC call.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace focus::rpc {

/// gRPC's status codes.
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kUnauthenticated = 16,
};

struct Status {
  Code code = Code::kOk;
  std::string message;

  bool ok() const { return code == Code::kOk; }
};

/// 400 INVALID_ARGUMENT, 401 UNAUTHENTICATED, 404 NOT_FOUND, 413 RESOURCE_EXHAUSTED, 408 and 504
/// DEADLINE_EXCEEDED, 501 UNIMPLEMENTED, 503 UNAVAILABLE; others INTERNAL.
Code code_of_http(int status);
/// The corresponding HTTP status; 499 for CANCELLED.
int http_of_code(Code code);

/// The status of an exception: HttpError that of its HTTP status, UsageError INVALID_ARGUMENT, lack of memory
/// UNAVAILABLE, others INTERNAL.
Status status_of(const std::exception_ptr& error);

/// Encodes a message for the field grpc-message: percent-encodes '%' and bytes outside printable ASCII.
/// Truncates the message to 1024 bytes.
std::string percent_encoded(std::string_view message);

}  // namespace focus::rpc
