// The frame number of a packet of an AVI, from the file's index.
#pragma once

#include <cstdint>
#include <vector>

#include "images/ffmpeg/handles.h"

namespace focus::images::ffmpeg {

/// An AVI stores no times: a frame's slot number is its time, and FFmpeg numbers the frames that it finds. If
/// some were lost, those after them would be shown too early. The index has their slots.
class AviSlots {
 public:
  AviSlots() = default;
  /// To be called after avformat_find_stream_info, before the first packet is read.
  explicit AviSlots(const AVStream& video);

  /// Sets a packet's time to its slot. Packets must come in the order of the file.
  void correct(AVPacket& packet);
  /// Frames in the index; 0 if there is no index.
  int64_t listed() const { return static_cast<int64_t>(entries_.size()); }

 private:
  struct Entry {
    int64_t position = 0, slot = 0;
    int size = 0;
  };
  bool find(const AVPacket& packet);

  std::vector<Entry> entries_;
  size_t next_ = 0;    ///< the entry after the last one found
  int64_t shift_ = 0;  ///< from FFmpeg's count to the slot
};

}  // namespace focus::images::ffmpeg
