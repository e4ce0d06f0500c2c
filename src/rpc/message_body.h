// Collects the one message of a unary call as it arrives.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "http/byte_budget.h"
#include "http/inflate.h"

namespace focus::rpc {

using http::Coding;

/// A whole message; its bytes count towards the server's budget while it lives.
struct Message {
  std::string bytes;
  http::HeldBytes held;
};

/// A message has a byte that says whether it is compressed, four bytes of length, big-endian, and its own
/// bytes. A length beyond the limit is refused before memory is taken; the limit also applies after
/// decompression.
class MessageBody {
 public:
  /// @param coding the coding of compressed messages, as grpc-encoding names it
  MessageBody(size_t max_bytes, Coding coding, std::shared_ptr<http::ByteBudget> budget)
      : max_bytes_(max_bytes), coding_(coding), held_(std::move(budget)) {}

  /// Appends bytes that have arrived. Throws HttpError: 400 if they are not a message, 413 if it is too
  /// large, 503 if the budget is used up.
  void append(std::string_view part);
  /// Whether the whole message has arrived.
  bool complete() const { return prefix_.size() == kPrefixBytes && bytes_.size() == length_; }
  /// Hands over the decompressed message; call it once. Throws as append() does.
  Message take();

  static constexpr size_t kPrefixBytes = 5;

 private:
  void read_prefix();

  size_t max_bytes_;
  Coding coding_;
  http::HeldBytes held_;
  std::string prefix_, bytes_;
  size_t length_ = 0;
  bool compressed_ = false;
};

}  // namespace focus::rpc
