// Bytes of a connection as a request, without the connection.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/chunk_reader.h"
#include "http/message.h"

namespace focus::http {

/// What a head says, for the engine.
struct RequestHead {
  Head head;  ///< without client and captured parts
  std::string
      target;  ///< path as it was sent, which routes are found by; "*" and what CONNECT names as they are
  bool is_http10 = false;
  bool keeps_alive = false;  ///< whether the client wants the connection for more
  bool is_chunked = false;
  uint64_t content_length = 0;  ///< 0 for chunked bodies
  bool expects_continue = false;

  bool has_body() const { return is_chunked || content_length > 0; }
};

/// Reads one request. Strict where two readers could disagree on where it ends: those are the ways to smuggle
/// one request in another. Every error is an HttpError, behind which the connection is of no more use.
class RequestReader {
 public:
  /// @param max_head_bytes of request line and fields: more is 414 or 431
  explicit RequestReader(size_t max_head_bytes);

  /// Looks for a head in front of `bytes`, all that came since the request's beginning. Returns its size, or
  /// 0 if more has to come.
  size_t read_head(std::string_view bytes);
  bool has_head() const { return has_head_; }
  const RequestHead& head() const { return head_; }
  RequestHead& head() { return head_; }

  /// Takes what it can of `bytes`, gives the body's to `sink`, and returns how many it took: the rest has to
  /// come again with more behind it.
  size_t read_body(std::string_view bytes, const std::function<void(std::string_view)>& sink);
  /// Bytes that the body says are still to come: all of a sized one, of a chunked one those of the chunk that
  /// has begun.
  uint64_t announced() const { return head_.is_chunked ? chunks_.left() : left_; }
  /// True once the whole request was taken.
  bool is_done() const;

 private:
  class Parser;
  void check_lines(std::string_view bytes);
  void check_lengths(std::string_view head);
  void finish_head(const Parser& parser);

  size_t max_head_bytes_;
  size_t begin_ = 0;    ///< behind empty lines in front
  size_t scanned_ = 0;  ///< up to the beginning of the line that is not whole yet
  size_t looked_ = 0;   ///< within that line
  size_t lines_ = 0;
  bool complete_ = false, has_head_ = false;
  RequestHead head_;
  uint64_t left_ = 0;  ///< of a sized body
  ChunkReader chunks_;
};

}  // namespace focus::http
