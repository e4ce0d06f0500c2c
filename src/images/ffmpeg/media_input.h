// A container that is read from a file or an address.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "images/ffmpeg/announced.h"
#include "images/ffmpeg/avi_slots.h"
#include "images/ffmpeg/handles.h"
#include "images/ffmpeg/joined_clocks.h"

namespace focus::images::ffmpeg {

/// Where to read from, and the FFmpeg protocols that may be used for that.
struct MediaAddress {
  std::string shown;      ///< for people: no passwords
  std::string url;        ///< for FFmpeg
  std::string protocols;  ///< allowed for the address itself and for the addresses in its content
  bool remote = false;
};

MediaAddress file_address(const std::filesystem::path& path);

/// Throws UsageError for a scheme that is not read.
MediaAddress stream_address(const std::string& address);

/// Tells FFmpeg while it waits whether to give up.
class Patience {
 public:
  /// @param stopped may be empty
  explicit Patience(std::function<bool()> stopped) : stopped_(std::move(stopped)) {}
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  void wait_at_most(double seconds);
  bool stopped() const { return stopped_ && stopped_(); }
  bool ran_out() const { return bounded_ && Clock::now() > until_; }
  AVIOInterruptCB callback();

 private:
  using Clock = std::chrono::steady_clock;
  std::function<bool()> stopped_;
  bool bounded_ = false;
  Clock::time_point until_;
};

class MediaInput {
 public:
  enum class Read { kPacket, kEnd, kBroken, kSilent, kStopped };

  /// @param timeout seconds without data before giving up; for remote addresses
  /// Throws Error naming the address if there is no video that can be opened.
  MediaInput(const MediaAddress& address, double timeout, std::function<bool()> stopped);

  const AVFormatContext& context() const { return *input_; }
  AVStream& video() const { return *input_->streams[video_]; }
  const Announced& announced() const { return announced_; }

  /// The next packet of the video. Damage is skipped if the container can be read after it.
  Read read(AVPacket& packet);
  /// Why read() returned kBroken, in words.
  const std::string& trouble() const { return trouble_; }
  /// Whether the container was found damaged, which FFmpeg reports only in its log. Where is unknown, because
  /// FFmpeg reads ahead.
  bool is_damaged() const { return damaged_; }
  /// Whether it consists of consecutive recordings, each with its own clock.
  bool is_joined() const { return clocks_.joined(); }
  /// Whether only the order of decoding is stored: in AVI, and in files copied from it.
  bool has_decode_times_only() const { return decode_times_only_; }
  /// Packets of the video lost by damage, estimated from the gaps in time.
  int64_t lost() const { return lost_; }

 private:
  void open();
  bool is_of_mp4() const;
  void refuse_what_lies_behind() const;
  void correct_times(AVPacket& packet);
  void count_lost(const AVPacket& packet);
  [[noreturn]] void refuse(int error) const;

  MediaAddress address_;
  double timeout_;
  Patience patience_;
  Input input_;
  int video_ = -1;
  Announced announced_;
  AviSlots slots_;
  JoinedClocks clocks_;
  bool is_avi_ = false, decode_times_only_ = false;
  std::string trouble_;
  bool damaged_ = false;
  int64_t last_time_ = AV_NOPTS_VALUE;  ///< of the video's packets, in order of decoding
  int64_t lost_ = 0;
};

}  // namespace focus::images::ffmpeg
