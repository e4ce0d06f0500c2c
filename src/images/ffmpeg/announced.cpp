#include "images/ffmpeg/announced.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace focus::images::ffmpeg {
namespace {

bool is_format(const AVFormatContext& input, std::string_view part) {
  return std::string_view(input.iformat->name).find(part) != std::string_view::npos;
}

double rate_of(const AVStream& stream) {
  const AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
  return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
}

}  // namespace

Announced::Announced(const AVFormatContext& input, const AVStream& video) : input_(&input), video_(&video) {
  lists_packets_ = is_format(input, "mov");
  own_duration_ = is_format(input, "avi");
  tells_duration_ = input.duration_estimation_method == AVFMT_DURATION_FROM_STREAM &&
                    (is_format(input, "matroska") || is_format(input, "flv") || is_format(input, "asf") ||
                     is_format(input, "hls"));
  // An AVI without an index has only the few entries of the packets that FFmpeg has seen so far.
  if (lists_packets_ || own_duration_) listed_at_first_ = avformat_index_get_entries_count(&video);
}

void Announced::count(const AVPacket& packet) {
  const bool of_video = packet.stream_index == video_->index;
  packets_ += of_video;
  if (of_video) truncated_ = (packet.flags & AV_PKT_FLAG_CORRUPT) != 0;
  if (own_duration_) {
    if (of_video && packet.dts != AV_NOPTS_VALUE) slots_ = std::max(slots_, packet.dts + 1);
    return;
  }
  const int64_t time = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  if (time == AV_NOPTS_VALUE) return;
  const AVRational unit = input_->streams[packet.stream_index]->time_base;
  end_ = std::max(end_, static_cast<double>(time + packet.duration) * av_q2d(unit));
}

bool Announced::is_listed() const {
  // The list of a fragmented file grows while it is read.
  return lists_packets_ && listed_at_first_ > 0 && video_->nb_frames > 0 &&
         listed_at_first_ == avformat_index_get_entries_count(video_);
}

double Announced::seconds_announced() const {
  return duration_is_known_ && input_->duration > 0 ? static_cast<double>(input_->duration) / AV_TIME_BASE
                                                    : 0;
}

int64_t Announced::frames() const {
  if (input_ == nullptr) return 0;
  if (is_listed()) {
    // Packets before the first frame of an edit are not shown.
    int64_t shown = 0;
    for (int i = 0; i < listed_at_first_; ++i) {
      const AVIndexEntry* entry = avformat_index_get_entry(const_cast<AVStream*>(video_), i);
      shown += (entry->flags & AVINDEX_DISCARD_FRAME) == 0;
    }
    return shown;
  }
  constexpr double kMost = 1e9;
  const double by_time = seconds_announced() * rate_of(*video_);
  if (video_->nb_frames > 0 && static_cast<double>(video_->nb_frames) < kMost) return video_->nb_frames;
  return by_time > 0 && by_time < kMost ? std::llround(by_time) : 0;
}

int64_t Announced::frames_missing_of_avi() const {
  // Some writers count one too many.
  const int64_t at_end = video_->nb_frames - slots_;
  return std::max<int64_t>({0, at_end > 1 ? at_end : 0, listed_at_first_ - packets_});
}

int64_t Announced::empty_places() const {
  if (!own_duration_) return 0;
  return std::max<int64_t>(0, slots_ - packets_ - std::max<int64_t>(0, listed_at_first_ - packets_));
}

int64_t Announced::frames_in_all() const {
  return input_ != nullptr && own_duration_ ? packets_ + frames_missing_of_avi() : frames();
}

int64_t Announced::packets_owed() const {
  if (input_ == nullptr || !lists_packets_) return 0;
  return std::max<int64_t>(0, avformat_index_get_entries_count(video_) - packets_);
}

bool Announced::ended_early(bool complained) const {
  if (input_ == nullptr) return false;
  // Transport and program streams may begin and end anywhere.
  const bool may_end_anywhere = is_format(*input_, "mpeg") || is_format(*input_, "hls");
  if (truncated_ && !may_end_anywhere) return true;
  if (lists_packets_) return packets_owed() > 0;
  if (own_duration_) return frames_missing_of_avi() > 0;
  if (!tells_duration_ || seconds_announced() <= 0) {
    return complained && !may_end_anywhere;
  }
  // Durations are rounded, and some count from the first packet, others to the last frame's beginning.
  constexpr double kSlack = 0.3, kSlackFrames = 4.5, kLittle = 0.1, kFewFrames = 1.5;
  const double rate = rate_of(*video_);
  const double frame = rate > 0 ? 1 / rate : 0;
  double slack = complained ? kLittle + kFewFrames * frame : std::max(kSlack, kSlackFrames * frame);
  // A playlist states the duration of each piece, often in whole seconds.
  if (is_format(*input_, "hls")) slack = std::max(slack, 0.1 * seconds_announced());
  return end_ + slack < seconds_announced();
}

}  // namespace focus::images::ffmpeg
