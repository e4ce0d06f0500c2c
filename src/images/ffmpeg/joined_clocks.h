// Recordings that lie one behind the other in a transport stream, each with a clock of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "images/ffmpeg/handles.h"

namespace focus::images::ffmpeg {

/// Makes one clock of them. A leap that no stream of the container fills is where the next recording begins;
/// it goes on where the one before ended.
class JoinedClocks {
 public:
  JoinedClocks() = default;
  explicit JoinedClocks(const AVFormatContext& input) : input_(&input), streams_(input.nb_streams) {}

  /// Moves a packet's times onto the one clock. Packets of all streams, in the order of the file. Whether
  /// a recording was found to begin with it.
  bool correct(AVPacket& packet);
  bool joined() const { return !offsets_.empty(); }

 private:
  struct Stream {
    std::optional<double> last;  ///< seconds on the one clock
    double offset = 0;
  };

  const AVFormatContext* input_ = nullptr;
  std::vector<Stream> streams_;
  std::vector<double> offsets_;  ///< of the recordings behind the first one, seconds
  std::optional<double> latest_;
};

}  // namespace focus::images::ffmpeg
