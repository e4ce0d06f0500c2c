// The one message of a unary call, as it arrives.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "http/byte_budget.h"
#include "http/inflate.h"

namespace focus::rpc {

using http::Coding;

/// A whole message; its bytes count for as long as it lives.
struct Message {
  std::string bytes;
  http::HeldBytes held;
};

/// A byte that says whether it is compressed, four of its length, big-endian, and itself. A length beyond the
/// limit is refused before its bytes are taken; what is compressed is bounded by what it becomes.
class MessageBody {
 public:
  /// @param coding what grpc-encoding says of messages that are compressed
  MessageBody(size_t max_bytes, Coding coding, std::shared_ptr<http::ByteBudget> budget)
      : max_bytes_(max_bytes), coding_(coding), held_(std::move(budget)) {}

  /// Takes what has arrived. Throws HttpError: 400 for what is no message, 413 for one that is too large, 503
  /// if the budget is used up.
  void append(std::string_view part);
  /// Whether all of the message is there.
  bool complete() const { return prefix_.size() == kPrefixBytes && bytes_.size() == length_; }
  /// The message, decompressed; once. Throws as append() does.
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
