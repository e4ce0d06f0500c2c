// The times of frames whose container stores only the order of decoding.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace focus::images::ffmpeg {

/// AVI stores a slot for each packet and nothing else. If frames refer to later ones (B-frames), packets are
/// stored `delay` slots earlier than frames are shown: the k-th frame shown is due at the slot of packet
/// k + delay.
class DecodeOrder {
 public:
  /// Adds a packet that is sent to the decoder, with its slot, which must be larger than those before.
  void sent(int64_t place) { places_.push_back(place); }

  /// Packets after the first one whose frames refer to frames before it, as after a cut.
  int64_t leading() const { return leading_; }

  /// To be called for a packet that could not be decoded to a frame.
  void lost() { ++shown_; }

  /// The slot at which the next frame is shown, where the first frame has that of the first packet; none at
  /// the end of a video with B-frames, whose last frames have no packets after them.
  /// @param place slot of the frame's own packet
  /// @param most_delay frames that the decoder holds back to reorder them
  std::optional<int64_t> due(int64_t place, int most_delay);

 private:
  std::vector<int64_t> places_;  ///< slots of all packets sent, ascending
  int64_t shown_ = 0;            ///< frames shown, including lost ones
  int64_t leading_ = 0;
  int64_t reach_ = 0;  ///< largest number of slots by which a frame was sent later than it is shown
};

}  // namespace focus::images::ffmpeg
