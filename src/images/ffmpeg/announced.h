// Compares what a container announces with what it delivers.
#pragma once

#include <cstdint>

#include "images/ffmpeg/handles.h"

namespace focus::images::ffmpeg {

/// Containers announce their content in different ways. MP4 and its relatives list every packet. Matroska,
/// FLV and ASF state a duration, exact to a few frames. AVI states the number of frame slots, of which some
/// may be empty. Transport streams, Ogg and GIF state nothing: FFmpeg derives their durations from the end of
/// the file.
class Announced {
 public:
  Announced() = default;
  /// To be called after avformat_find_stream_info; both arguments must outlive this.
  Announced(const AVFormatContext& input, const AVStream& video);

  /// Counts a packet that was read, of any stream.
  void count(const AVPacket& packet);

  /// Ignores the stated duration from now on, because the clock has restarted.
  void forget_duration() { duration_is_known_ = false; }

  /// The approximate number of all frames; 0: unknown.
  int64_t frames() const;
  /// After the end: as frames(), corrected by what was read.
  int64_t frames_in_all() const;
  /// Packets of the video that are listed and have not been read.
  int64_t packets_owed() const;
  /// Whether less came than was announced, allowing for the announcement's usual error.
  /// @param complained whether FFmpeg has reported damage in the container
  bool ended_early(bool complained) const;
  /// After the end, for an AVI: empty slots, during which the frame before is shown for longer.
  int64_t empty_places() const;
  /// Whether frame slots are announced instead of times, as in an AVI.
  bool is_of_avi() const { return own_duration_; }
  /// Whether every packet is listed, so that frames() is exact.
  bool is_listed() const;

 private:
  double seconds_announced() const;
  int64_t frames_missing_of_avi() const;

  const AVFormatContext* input_ = nullptr;
  const AVStream* video_ = nullptr;
  bool lists_packets_ = false, tells_duration_ = false, own_duration_ = false;
  bool duration_is_known_ = true;
  bool truncated_ = false;  ///< the last packet of the video was incomplete
  int listed_at_first_ = 0;
  int64_t packets_ = 0;  ///< of the video
  int64_t slots_ = 0;    ///< of an AVI: slots up to the last packet
  double end_ = 0;       ///< of the packets so far, seconds of the container's time
};

}  // namespace focus::images::ffmpeg
