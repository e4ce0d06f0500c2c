// What a container announces, held against what comes.
#pragma once

#include <cstdint>

#include "images/ffmpeg/handles.h"

namespace focus::images::ffmpeg {

/// Containers differ in what their announcements are worth. MP4 and its kin list every packet. Matroska, FLV
/// and ASF tell a duration, true to some frames. AVI tells how many places for frames there are; some may be
/// empty. Transport streams, Ogg and GIF tell nothing: what FFmpeg
/// says of them it has found at the file's end.
class Announced {
 public:
  Announced() = default;
  /// After avformat_find_stream_info; both stay as long as this.
  Announced(const AVFormatContext& input, const AVStream& video);

  /// A packet that was read, of any stream.
  void count(const AVPacket& packet);

  /// What was told of the duration is none: the clock began anew on the way.
  void forget_duration() { duration_is_known_ = false; }

  /// Frames to come in all, about; 0: not known.
  int64_t frames() const;
  /// After the end: as frames(), by what came to light on the way.
  int64_t frames_in_all() const;
  /// Packets of the video that are listed and have not been asked for.
  int64_t packets_owed() const;
  /// Whether less came than is announced, beyond what the announcement is known to be wrong by.
  /// @param complained whether the container was found damaged at its end
  bool ended_early(bool complained) const;
  /// After the end, of an AVI: places that hold no frame, at which the one before is shown for longer.
  int64_t empty_places() const;
  /// Whether places for frames are announced, and not when each is shown.
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
  bool truncated_ = false;  ///< the last packet of the video was not whole
  int listed_at_first_ = 0;
  int64_t packets_ = 0;  ///< of the video
  int64_t slots_ = 0;    ///< of an AVI: places in line up to the last packet
  double end_ = 0;       ///< of what came, seconds of the container's time
};

}  // namespace focus::images::ffmpeg
