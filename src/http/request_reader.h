// Parses the bytes of a connection into a request; knows nothing of the connection itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/chunk_reader.h"
#include "http/message.h"

namespace focus::http {

/// A head, with what the engine needs to know.
struct RequestHead {
  Head head;           ///< without client and captured parts
  std::string target;  ///< path as sent, without the query; "*" and the target of CONNECT as they are
  bool is_http10 = false;
  bool keeps_alive = false;  ///< whether the client wants to keep the connection
  bool is_chunked = false;
  uint64_t content_length = 0;  ///< 0 for chunked bodies
  bool expects_continue = false;

  bool has_body() const { return is_chunked || content_length > 0; }
};

/// Reads one request. Strict wherever two readers could disagree on where it ends, which would allow request
/// smuggling. Every error is an HttpError; after one, the connection must be closed.
class RequestReader {
 public:
  /// @param max_head_bytes limit on request line and fields; beyond it HttpError 414 or 431
  explicit RequestReader(size_t max_head_bytes);

  /// Parses the head at the start of `bytes`, which are all bytes since the request began. Returns its size,
  /// or 0 if it is not complete yet.
  size_t read_head(std::string_view bytes);
  bool has_head() const { return has_head_; }
  const RequestHead& head() const { return head_; }
  RequestHead& head() { return head_; }

  /// Consumes as many of `bytes` as it can, passes those of the body to `sink`, and returns how many it
  /// consumed. Pass the rest again when more bytes have arrived after it.
  size_t read_body(std::string_view bytes, const std::function<void(std::string_view)>& sink);
  /// Bytes announced but not read yet: the rest of a body with Content-Length, or the rest of the current
  /// chunk.
  uint64_t announced() const { return head_.is_chunked ? chunks_.left() : left_; }
  /// True once the whole request was read.
  bool is_done() const;

 private:
  class Parser;
  void check_lines(std::string_view bytes);
  void check_lengths(std::string_view head);
  void finish_head(const Parser& parser);

  size_t max_head_bytes_;
  size_t begin_ = 0;    ///< where the request begins, after empty lines
  size_t scanned_ = 0;  ///< start of the line that is not complete yet
  size_t looked_ = 0;   ///< how far that line was searched for its end
  size_t lines_ = 0;
  bool complete_ = false, has_head_ = false;
  RequestHead head_;
  uint64_t left_ = 0;  ///< of a body with Content-Length
  ChunkReader chunks_;
};

}  // namespace focus::http
