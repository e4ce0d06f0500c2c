// The one message of a unary call, as it arrives.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rpc/byte_budget.h"

namespace focus::rpc {

/// A whole message; its bytes count for as long as it lives.
struct Message {
  std::string bytes;
  ByteBudget::Share share;
};

/// How a message may be compressed (grpc-encoding).
enum class Encoding { kIdentity, kGzip, kDeflate };

/// A byte that says whether it is compressed, four of its length, big-endian, and itself. A length beyond the
/// limit is refused before its bytes are taken; what is compressed is bounded by what it becomes.
class MessageBody {
 public:
  MessageBody(size_t max_bytes, std::shared_ptr<ByteBudget> budget)
      : max_bytes_(max_bytes), share_(std::move(budget)) {}

  /// Takes what has arrived. Throws HttpError: 400 for what is no message, 413 for one that is too large, 503
  /// if the budget is used up.
  void append(std::string_view part, Encoding encoding);
  /// Whether all of the message is there.
  bool complete() const { return prefix_.size() == kPrefixBytes && bytes_.size() == length_; }
  /// Bytes of it that came, without prefix.
  size_t size() const { return bytes_.size(); }
  /// The message, decompressed; once. Throws as append() does.
  Message take(Encoding encoding);

 private:
  static constexpr size_t kPrefixBytes = 5;
  void read_prefix(Encoding encoding);
  void require_room(size_t bytes);

  size_t max_bytes_;
  ByteBudget::Share share_;
  std::string prefix_, bytes_;
  size_t length_ = 0;
  bool compressed_ = false;
};

}  // namespace focus::rpc
