// Tells whether a peer is in the middle of a frame.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace focus::rpc {

/// Follows HTTP/2 frames by their lengths only, after the client's preface of 24 bytes.
class FrameMeter {
 public:
  /// @return whether a frame began within these bytes
  bool feed(const uint8_t* data, size_t size) {
    bool began = false;
    while (size > 0) {
      if (left_ > 0) {
        const size_t count = std::min(left_, size);
        left_ -= count;
        data += count;
        size -= count;
        continue;
      }
      began = began || have_ == 0;
      head_[have_++] = *data++;
      --size;
      if (have_ == head_.size()) {
        left_ = size_t{head_[0]} << 16 | size_t{head_[1]} << 8 | head_[2];
        have_ = 0;
      }
    }
    return began;
  }
  bool between_frames() const { return left_ == 0 && have_ == 0; }

 private:
  size_t left_ = 24;  ///< bytes missing of the preface or of a payload
  size_t have_ = 0;   ///< bytes read of a frame's header
  std::array<uint8_t, 9> head_{};
};

}  // namespace focus::rpc
