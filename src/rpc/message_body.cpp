#include "rpc/message_body.h"

#include "http/error.h"

namespace focus::rpc {

using http::fail_http;

void MessageBody::read_prefix() {
  const auto at = [this](size_t i) { return size_t{static_cast<unsigned char>(prefix_[i])}; };
  if (at(0) > 1) fail_http(400, "the first byte of a message must be 0 or 1, but is {}", at(0));
  compressed_ = at(0) == 1;
  if (compressed_ && coding_ == Coding::kNone) {
    fail_http(400, "the message is compressed, but grpc-encoding does not say how");
  }
  length_ = at(1) << 24 | at(2) << 16 | at(3) << 8 | at(4);
  if (length_ > max_bytes_) {
    fail_http(413, "the message has {} bytes; at most {} are accepted", length_, max_bytes_);
  }
}

void MessageBody::append(std::string_view part) {
  if (prefix_.size() < kPrefixBytes) {
    const auto of_prefix = part.substr(0, kPrefixBytes - prefix_.size());
    prefix_ += of_prefix;
    part.remove_prefix(of_prefix.size());
    if (prefix_.size() == kPrefixBytes) read_prefix();
  }
  if (part.empty()) return;
  if (part.size() > length_ - bytes_.size()) fail_http(400, "there is more than one message in the call");
  http::append_held(bytes_, part, length_, held_);
}

Message MessageBody::take() {
  if (!compressed_) return {std::move(bytes_), std::move(held_)};
  http::HeldBytes held(held_.budget());
  auto message = http::inflated(bytes_, coding_, max_bytes_, held);
  std::string().swap(bytes_);
  held_.give_back();
  return {std::move(message), std::move(held)};
}

}  // namespace focus::rpc
