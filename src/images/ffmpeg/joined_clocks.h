// Consecutive recordings in a transport stream, each with its own clock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "images/ffmpeg/handles.h"

namespace focus::images::ffmpeg {

/// Joins their clocks. A jump in time that no stream of the container bridges is the start of the next
/// recording, which continues where the one before ended.
class JoinedClocks {
 public:
  JoinedClocks() = default;
  explicit JoinedClocks(const AVFormatContext& input) : input_(&input), streams_(input.nb_streams) {}

  /// Moves a packet's times to the joined clock. To be called with the packets of all streams, in the order
  /// of the file. Returns whether a recording begins with this packet.
  bool correct(AVPacket& packet);
  bool joined() const { return !offsets_.empty(); }

 private:
  struct Stream {
    std::optional<double> last;  ///< seconds on the joined clock
    double offset = 0;
  };

  const AVFormatContext* input_ = nullptr;
  std::vector<Stream> streams_;
  std::vector<double> offsets_;  ///< of the recordings after the first one, seconds
  std::optional<double> latest_;
};

}  // namespace focus::images::ffmpeg
