#include "rpc/message_body.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "http/error.h"

namespace focus::rpc {

using http::fail_http;

void MessageBody::require_room(size_t bytes) {
  if (!share_.grow(bytes)) fail_http(503, "too many bytes of messages are held already");
}

void MessageBody::read_prefix(Encoding encoding) {
  const auto at = [this](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(prefix_[i])); };
  if (at(0) > 1) fail_http(400, "a message starts with a byte of 0 or 1, not {}", at(0));
  compressed_ = at(0) == 1;
  if (compressed_ && encoding == Encoding::kIdentity) {
    fail_http(400, "the message is compressed, but grpc-encoding does not say how");
  }
  length_ = at(1) << 24 | at(2) << 16 | at(3) << 8 | at(4);
  if (length_ > max_bytes_) {
    fail_http(413, "the message has {} bytes; at most {} are accepted", length_, max_bytes_);
  }
}

void MessageBody::append(std::string_view part, Encoding encoding) {
  if (prefix_.size() < kPrefixBytes) {
    const auto of_prefix = part.substr(0, kPrefixBytes - prefix_.size());
    prefix_ += of_prefix;
    part.remove_prefix(of_prefix.size());
    if (prefix_.size() == kPrefixBytes) read_prefix(encoding);
  }
  if (part.empty()) return;
  if (part.size() > length_ - bytes_.size()) fail_http(400, "there is more than one message in the call");
  require_room(part.size());
  // Twice as much each time, but never more than there will be.
  const size_t needed = bytes_.size() + part.size();
  if (needed > bytes_.capacity()) bytes_.reserve(std::min(length_, std::max(needed, 2 * bytes_.capacity())));
  bytes_ += part;
}

Message MessageBody::take(Encoding encoding) {
  if (!compressed_) return {std::move(bytes_), std::move(share_)};
  z_stream stream{};
  constexpr int kZlib = 15, kGzip = 16 + 15;
  if (inflateInit2(&stream, encoding == Encoding::kGzip ? kGzip : kZlib) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(bytes_.data());
  stream.avail_in = static_cast<uInt>(bytes_.size());
  std::string message;
  std::vector<char> part(size_t{64} << 10);
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    result = inflate(&stream, Z_NO_FLUSH);
    const size_t count = part.size() - stream.avail_out;
    if (message.size() + count > max_bytes_) {
      fail_http(413, "the message has more than {} bytes once it is decompressed", max_bytes_);
    }
    require_room(count);
    message.append(part.data(), count);
  }
  if (result != Z_STREAM_END || stream.avail_in != 0) fail_http(400, "the compressed message is damaged");
  return {std::move(message), std::move(share_)};
}

}  // namespace focus::rpc
