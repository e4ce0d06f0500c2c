// Bodies in chunked transfer coding (RFC 9112, 7.1).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace focus::http {

/// Strict: throws at the first wrong byte. Beast's own reader is not used: it reads "0x1" as the last chunk
/// and then waits, and its assertions fail when a last chunk arrives byte by byte.
class ChunkReader {
 public:
  /// Consumes as many of `bytes` as it can, passes those of the body to `sink`, and returns how many it
  /// consumed. Pass the rest again when more bytes have arrived after it. Throws HttpError.
  size_t read(std::string_view bytes, const std::function<void(std::string_view)>& sink);
  bool is_done() const { return state_ == State::kDone; }
  /// Bytes still missing from the current chunk.
  uint64_t left() const { return left_; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone };
  void read_size(std::string_view line);
  void read_trailer(std::string_view line);

  State state_ = State::kSize;
  uint64_t left_ = 0;  ///< of the chunk
  size_t trailer_bytes_ = 0;
};

}  // namespace focus::http
