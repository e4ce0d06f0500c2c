#include "images/ffmpeg/joined_clocks.h"

#include <algorithm>
#include <cmath>

namespace focus::images::ffmpeg {

bool JoinedClocks::correct(AVPacket& packet) {
  constexpr double kLeap = 10;  // Seconds: a smaller gap may be a still image.
  const int64_t told = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (input_ == nullptr || told == AV_NOPTS_VALUE) return false;
  const auto index = static_cast<size_t>(packet.stream_index);
  if (index >= streams_.size()) streams_.resize(index + 1);
  auto& stream = streams_[index];
  const double unit = av_q2d(input_->streams[index]->time_base), own = static_cast<double>(told) * unit;
  const auto follows = [&](double time) {
    return !latest_ || std::abs(time - *latest_) <= kLeap ||
           (stream.last && std::abs(time - *stream.last) <= kLeap);
  };
  bool begins = false;
  if (!follows(own + stream.offset)) {
    // The last packet of one stream's recording may come after another stream's first packet of the next.
    if (!offsets_.empty() && follows(own + offsets_.back())) {
      stream.offset = offsets_.back();
    } else {
      const double length = static_cast<double>(packet.duration) * unit;
      stream.offset = stream.last.value_or(*latest_) + length - own;
      offsets_.push_back(stream.offset);
      begins = true;
    }
  }
  const double time = own + stream.offset;
  stream.last = time;
  latest_ = std::max(latest_.value_or(time), time);
  const int64_t shift = std::llround(stream.offset / unit);
  if (packet.dts != AV_NOPTS_VALUE) packet.dts += shift;
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += shift;
  return begins;
}

}  // namespace focus::images::ffmpeg
