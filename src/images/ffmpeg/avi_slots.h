// Which frame of an AVI a packet is, by the file's index.
#pragma once

#include <cstdint>
#include <vector>

#include "images/ffmpeg/handles.h"

namespace focus::images::ffmpeg {

/// An AVI tells no times: a frame's place in line is its time, and FFmpeg counts the frames that it comes
/// across. Where some were lost, those behind them would be shown too early. The index knows their places.
class AviSlots {
 public:
  AviSlots() = default;
  /// After avformat_find_stream_info, before the first packet is read.
  explicit AviSlots(const AVStream& video);

  /// Sets a packet's time to its place in line. Packets in the order of the file.
  void correct(AVPacket& packet);
  /// Frames in the index; 0: there is none.
  int64_t listed() const { return static_cast<int64_t>(entries_.size()); }

 private:
  struct Entry {
    int64_t position = 0, slot = 0;
    int size = 0;
  };
  bool find(const AVPacket& packet);

  std::vector<Entry> entries_;
  size_t next_ = 0;    ///< of the entries, behind the last one found
  int64_t shift_ = 0;  ///< from FFmpeg's count to the slot
};

}  // namespace focus::images::ffmpeg
