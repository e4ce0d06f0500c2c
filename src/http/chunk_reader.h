// Bodies that come in chunks (RFC 9112, 7.1).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace focus::http {

/// Strict, and as soon as a byte is wrong. Beast's own reader takes "0x1" for the last chunk and then waits,
/// and its assertions do not hold where a last chunk comes byte by byte.
class ChunkReader {
 public:
  /// Takes what it can of `bytes`, gives the body's to `sink`, and returns how many it took: the rest has to
  /// come again with more behind it. Throws HttpError.
  size_t read(std::string_view bytes, const std::function<void(std::string_view)>& sink);
  bool is_done() const { return state_ == State::kDone; }
  /// Bytes of the chunk that has begun which are still to come.
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
