#include "images/ffmpeg/decode_order.h"

#include <algorithm>

namespace focus::images::ffmpeg {

std::optional<int64_t> DecodeOrder::due(int64_t place, int most_delay) {
  if (places_.empty()) return std::nullopt;
  const int64_t sent = std::lower_bound(places_.begin(), places_.end(), place) - places_.begin();
  if (shown_ == 1 && most_delay > 0) leading_ = std::max<int64_t>(0, sent - most_delay - shown_);
  reach_ = std::max(reach_, std::min<int64_t>(sent - shown_, most_delay));
  // A frame is shown at most that much before its packet's slot, unless earlier frames were lost.
  const int64_t shown = std::max(shown_, sent - reach_);
  shown_ = shown + 1;
  // Encoders use the delay that they announce even if they do not need all of it.
  const int64_t delay = reach_ > 0 ? most_delay : 0;
  const int64_t last = static_cast<int64_t>(places_.size()) - 1;
  if (shown + delay > last) return std::nullopt;
  return places_[shown + delay] - (places_[delay] - places_[0]);
}

}  // namespace focus::images::ffmpeg
