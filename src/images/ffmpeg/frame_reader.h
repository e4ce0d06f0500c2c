// Frames of a container's video, with the time at which each is shown, and a record of losses.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "images/ffmpeg/decode_order.h"
#include "images/ffmpeg/frame_clock.h"
#include "images/ffmpeg/frame_pixels.h"
#include "images/ffmpeg/media_input.h"
#include "images/video.h"

namespace focus::images::ffmpeg {

class FrameReader {
 public:
  enum class Ending { kNone, kEnd, kBroken, kSilent, kStopped };

  /// As MediaInput's; also throws Error if the codec cannot be decoded.
  FrameReader(const MediaAddress& address, double timeout, std::function<bool()> stopped);

  /// The next frame; none at the end. Throws Error as Video::next does.
  std::optional<VideoFrame> next();
  Ending ending() const { return ending_; }

  double frames_a_second() const;
  double pixel_aspect() const { return pixel_aspect_; }
  int64_t frames() const { return input_.announced().frames(); }
  double length() const;
  /// Whether it has no end: a camera, or a playlist that grows.
  bool is_live() const;
  /// Whether a server keeps it in pieces that are fetched one by one (HLS).
  bool is_fetched_in_pieces() const;
  /// Whether frames have no times other than their arrival, as in motion JPEG over HTTP.
  bool is_without_times() const;
  /// After the end: what is missing, as one line without the source's name; none if nothing is missing.
  std::optional<std::string> shortfall() const;
  /// Other notes for the user; each is returned once.
  std::vector<std::string> take_notes();

 private:
  bool is_format(std::string_view part) const;
  /// Decodes the next frame; false at the end.
  bool take_next();
  void send();
  void take(const AVFrame& frame);
  std::optional<double> told_time(const AVFrame& frame);
  void begin_clock(const AVFrame& frame, std::optional<double> told);
  void settle(const std::vector<double>& times);
  void note_damage(const AVFrame& frame);
  void note_kind(const AVFrame& frame, const Turn& turn);
  Turn turn_for(const AVFrame& frame) const;
  void packet_failed(int error);

  std::string name_;
  MediaInput input_;
  Codec decoder_;
  Packet packet_;
  Frame frame_;
  FramePixels pixels_;
  bool is_web_;
  bool draining_ = false;
  Ending ending_ = Ending::kNone, why_drained_ = Ending::kEnd;
  double pixel_aspect_ = 1;
  bool has_times_ = true, looked_for_times_ = false;

  FrameClock clock_;
  DecodeOrder order_;
  double shift_ = 0;  ///< from the container's time to ours, before the clock's own shift
  double step_ = 0;   ///< between the last two frames with a time of their own
  double step_before_ = 0;
  double last_length_ = 0;  ///< of the last frame, as stated
  std::deque<VideoFrame> frames_to_settle_, settled_;

  int64_t frames_ = 0;
  int64_t sent_whole_ = 0;               ///< packets that must each become a frame
  std::vector<int64_t> sent_first_;      ///< times of packets before the first frame
  int64_t first_told_ = AV_NOPTS_VALUE;  ///< time of the first frame
  int64_t leading_ = 0;                  ///< packets with an earlier time than it
  int64_t failed_ = 0;                   ///< packets since the last frame that could not be decoded
  int64_t failed_between_ = 0;           ///< such packets between frames, in all
  int64_t failed_first_ = 0;             ///< packets before the first frame that could not be decoded
  int64_t patched_ = 0;                  ///< frames of which the decoder guessed parts
  bool interlaced_ = false;
  std::string first_failure_;
  int width_ = 0, height_ = 0;
  std::vector<std::string> notes_;
  bool said_high_range_ = false, said_turn_ = false, said_aspect_ = false, said_size_ = false,
       said_empty_ = false;
};

}  // namespace focus::images::ffmpeg
