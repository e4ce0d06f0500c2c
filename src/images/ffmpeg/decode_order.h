// When frames are shown of which only the order of decoding is stored.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace focus::images::ffmpeg {

/// AVI knows a place in line for each packet and nothing else. Where frames refer to later ones (B-frames),
/// packets are sent by `delay` places earlier than frames are shown: the frame shown as the k-th is shown
/// when the packet k + delay has its place.
class DecodeOrder {
 public:
  /// A packet that is sent to the decoder, with its place; larger than those before.
  void sent(int64_t place) { places_.push_back(place); }

  /// Packets behind the first one whose frames lean on what was before it, as where a film was cut.
  int64_t leading() const { return leading_; }

  /// A packet that became no frame.
  void lost() { ++shown_; }

  /// When the next frame that is shown is due, in places from the first packet on; none at the end of a film
  /// with B-frames, whose last ones have no packets behind them.
  /// @param place of the frame's own packet
  /// @param most_delay frames that the decoder holds back to put them in order
  std::optional<int64_t> due(int64_t place, int most_delay);

 private:
  std::vector<int64_t> places_;  ///< of all packets sent, ascending
  int64_t shown_ = 0;            ///< frames, with those that were lost
  int64_t leading_ = 0;
  int64_t reach_ = 0;  ///< places by which a frame was sent later than it is shown, at most
};

}  // namespace focus::images::ffmpeg
