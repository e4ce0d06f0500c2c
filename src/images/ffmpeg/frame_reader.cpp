#include "images/ffmpeg/frame_reader.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/threads.h"
#include "images/limits.h"

namespace focus::images::ffmpeg {
namespace {

constexpr double kUsualRate = 25, kMostRate = 1000;

double credible(AVRational rate) {
  const double value = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
  return value <= kMostRate ? value : 0;
}

const int32_t* matrix_of(const AVStream& stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  const auto& kept = *stream.codecpar;
  const AVPacketSideData* found =
      av_packet_side_data_get(kept.coded_side_data, kept.nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  if (found == nullptr || found->size < 9 * sizeof(int32_t)) return nullptr;
  return reinterpret_cast<const int32_t*>(found->data);
#else
  size_t size = 0;
  const uint8_t* found = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return size < 9 * sizeof(int32_t) ? nullptr : reinterpret_cast<const int32_t*>(found);
#endif
}

const int32_t* matrix_of(const AVFrame& frame) {
  const AVFrameSideData* found = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (found == nullptr || found->size < 9 * sizeof(int32_t)) return nullptr;
  return reinterpret_cast<const int32_t*>(found->data);
}

/// Whether a packet certainly becomes a frame. Other codecs have packets that only repeat the frame before;
/// in MPEG-4 these have a few bytes.
bool is_whole_frame(AVCodecID codec, const AVPacket& packet) {
  constexpr int kPlaceholder = 16;
  if (codec == AV_CODEC_ID_MPEG4) return packet.size > kPlaceholder;
  return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_MJPEG;
}

}  // namespace

FrameReader::FrameReader(const MediaAddress& address, double timeout, std::function<bool()> stopped)
    : name_(address.shown),
      input_(address, timeout, std::move(stopped)),
      packet_(av_packet_alloc()),
      frame_(av_frame_alloc()),
      pixels_(name_),
      is_web_(address.url.rfind("http", 0) == 0) {
  const AVStream& video = input_.video();
  const AVCodec* codec = avcodec_find_decoder(video.codecpar->codec_id);
  if (codec == nullptr) {
    fail(
        "{}: its video has the codec {}, which cannot be decoded here; convert it, for instance to MP4 "
        "with H.264",
        name_, avcodec_get_name(video.codecpar->codec_id));
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  if (!packet_ || !frame_ || !decoder_) throw std::bad_alloc();
  int error = avcodec_parameters_to_context(decoder_.get(), video.codecpar);
  decoder_->pkt_timebase = video.time_base;
  decoder_->max_pixels = kMaxPixels;
  // Few threads, because detection takes far longer than decoding. Frame threading delays frames, which a
  // live stream cannot afford.
  decoder_->thread_count = std::min(usable_cpus(), 4);
  if (address.remote) decoder_->thread_type = FF_THREAD_SLICE;
  if (error >= 0) error = avcodec_open2(decoder_.get(), codec, nullptr);
  if (error < 0) {
    fail("{}: its video cannot be decoded: {}: {}", name_, avcodec_get_name(video.codecpar->codec_id),
         error_text(error));
  }
  const AVRational aspect =
      av_guess_sample_aspect_ratio(const_cast<AVFormatContext*>(&input_.context()), &input_.video(), nullptr);
  if (aspect.num > 0 && aspect.den > 0) {
    pixel_aspect_ = turn_of(matrix_of(video)).transpose ? av_q2d(av_inv_q(aspect)) : av_q2d(aspect);
  }
}

double FrameReader::frames_a_second() const {
  const AVStream& video = input_.video();
  for (const AVRational rate : {video.avg_frame_rate, video.r_frame_rate}) {
    if (const double value = credible(rate); value > 0) return value;
  }
  return kUsualRate;
}

bool FrameReader::is_without_times() const {
  const std::string_view format = input_.context().iformat->name;
  return format == "mpjpeg" || format == "mjpeg" || format == "h264" || format == "hevc" || format == "m4v";
}

double FrameReader::length() const {
  const AVStream& video = input_.video();
  const auto end = [&](int64_t start, int64_t duration, double unit) {
    const bool told = duration > 0 && start != AV_NOPTS_VALUE;
    return told ? static_cast<double>(start + duration) * unit + shift_ + clock_.shift() : 0;
  };
  if (input_.is_joined()) return 0;
  const double last = clock_.last();
  const double own = end(video.start_time, video.duration, av_q2d(video.time_base));
  if (own > last) return own;
  // For a video with sound, only the end of the sound may be known.
  const double all = end(input_.context().start_time, input_.context().duration, 1.0 / AV_TIME_BASE);
  return all > last && all - last < 1 ? all : 0;
}

bool FrameReader::is_fetched_in_pieces() const { return is_format("hls"); }

bool FrameReader::is_format(std::string_view part) const {
  return std::string_view(input_.context().iformat->name).find(part) != std::string_view::npos;
}

bool FrameReader::is_live() const {
  if (input_.context().duration > 0) return false;
  if (!is_web_ || is_fetched_in_pieces()) return true;
  // A file that a server generates while sending it has neither length nor duration, but is not live:
  // reconnecting would start it again.
  const bool is_file = is_format("matroska") || is_format("mov") || is_format("ogg") || is_format("avi") ||
                       is_format("asf") || is_format("gif");
  return !is_file && (input_.context().pb == nullptr || avio_size(input_.context().pb) <= 0);
}

std::optional<VideoFrame> FrameReader::next() {
  while (settled_.empty()) {
    if (take_next()) continue;
    settle(clock_.finish());
    if (settled_.empty()) return std::nullopt;
  }
  VideoFrame frame = std::move(settled_.front());
  settled_.pop_front();
  return frame;
}

void FrameReader::send() {
  if (!looked_for_times_) has_times_ = packet_->pts != AV_NOPTS_VALUE;
  looked_for_times_ = true;
  if (input_.has_decode_times_only()) {
    // So that each frame carries the slot of its packet.
    packet_->pts = packet_->dts;
    if (packet_->dts != AV_NOPTS_VALUE) order_.sent(packet_->dts);
  }
  if ((packet_->flags & AV_PKT_FLAG_DISCARD) == 0) {
    if (frames_ == 0) {
      sent_first_.push_back(packet_->pts);
    } else if (packet_->pts < first_told_) {
      ++leading_;
    }
    sent_whole_ += is_whole_frame(input_.video().codecpar->codec_id, *packet_);
  }
  const int sent = avcodec_send_packet(decoder_.get(), packet_.get());
  if (sent == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (sent < 0 && sent != AVERROR(EAGAIN) && sent != AVERROR_EOF) packet_failed(sent);
}

bool FrameReader::take_next() {
  if (ending_ != Ending::kNone) return false;
  constexpr int kMostFailures = 1000;
  int failures = 0;
  while (true) {
    av_frame_unref(frame_.get());
    const int received = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (received == 0 && frame_->width > 0 && frame_->height > 0) {
      take(*frame_);
      return true;
    }
    if (received == AVERROR(ENOMEM)) throw std::bad_alloc();
    if (received == AVERROR_EOF || (received < 0 && draining_ && ++failures > kMostFailures)) break;
    if (received != AVERROR(EAGAIN)) {
      if (received < 0) packet_failed(received);
      continue;
    }
    if (draining_) break;
    const auto read = input_.read(*packet_);
    if (read == MediaInput::Read::kPacket) {
      send();
      continue;
    }
    why_drained_ = read == MediaInput::Read::kBroken   ? Ending::kBroken
                   : read == MediaInput::Read::kSilent ? Ending::kSilent
                                                       : Ending::kEnd;
    if (read == MediaInput::Read::kStopped) {
      ending_ = Ending::kStopped;
      return false;
    }
    // Flush the frames that the decoder holds back.
    avcodec_send_packet(decoder_.get(), nullptr);
    draining_ = true;
  }
  ending_ = why_drained_;
  return false;
}

void FrameReader::packet_failed(int error) {
  if (first_failure_.empty()) first_failure_ = error_text(error);
  ++(frames_ == 0 ? failed_first_ : failed_);
  order_.lost();
}

Turn FrameReader::turn_for(const AVFrame& frame) const {
  // The container's matrix takes precedence over that of the frames.
  const int32_t* matrix = matrix_of(input_.video());
  return turn_of(matrix != nullptr ? matrix : matrix_of(frame));
}

/// The time at which a frame is shown according to the container, in the container's time.
std::optional<double> FrameReader::told_time(const AVFrame& frame) {
  const double unit = av_q2d(input_.video().time_base);
  if (input_.has_decode_times_only()) {
    if (frame.pts == AV_NOPTS_VALUE) return std::nullopt;
    const auto place = order_.due(frame.pts, decoder_->has_b_frames);
    return place ? std::optional(static_cast<double>(*place) * unit) : std::nullopt;
  }
  // FFmpeg's best_effort_timestamp ignores all times of a video in which one is wrong.
  const int64_t told = frame.pts != AV_NOPTS_VALUE ? frame.pts : frame.best_effort_timestamp;
  return told == AV_NOPTS_VALUE ? std::nullopt : std::optional(static_cast<double>(told) * unit);
}

void FrameReader::begin_clock(const AVFrame& frame, std::optional<double> told) {
  // A video's clock begins with its first stream, which may be the sound; one without times begins with its
  // first frame.
  const int64_t start = input_.context().start_time;
  const double began = static_cast<double>(start) / AV_TIME_BASE;
  const bool by_container = told && has_times_ && !is_live() && start != AV_NOPTS_VALUE && began <= *told;
  // If a video was cut out of a longer one, frames before the first key frame cannot be shown. Some
  // containers cannot store their times.
  if (!input_.has_decode_times_only()) {
    first_told_ = frame.best_effort_timestamp;
    leading_ =
        std::count_if(sent_first_.begin(), sent_first_.end(), [&](int64_t pts) { return pts < first_told_; });
  }
  sent_first_ = {};
  shift_ = told ? -(by_container ? began : *told) : 0;
  clock_ = FrameClock(!is_live());
}

void FrameReader::settle(const std::vector<double>& times) {
  for (const double time : times) {
    settled_.push_back(std::move(frames_to_settle_.front()));
    frames_to_settle_.pop_front();
    settled_.back().seconds = time;
  }
}

void FrameReader::note_damage(const AVFrame& frame) {
  patched_ += frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
  if (frames_ > 0) failed_between_ += failed_;
  failed_ = 0;
}

void FrameReader::note_kind(const AVFrame& frame, const Turn& turn) {
  if (!turn.exact && !said_turn_) {
    notes_.push_back("is turned by an angle that is not a multiple of 90 degrees; the nearest one is used");
    said_turn_ = true;
  }
  if ((frame.color_trc == AVCOL_TRC_SMPTE2084 || frame.color_trc == AVCOL_TRC_ARIB_STD_B67) &&
      !said_high_range_) {
    notes_.push_back(
        "has high dynamic range; its colours are used without conversion, paler than players show them");
    said_high_range_ = true;
  }
  constexpr double kSquare = 0.02;
  if (std::abs(pixel_aspect_ - 1) > kSquare && !said_aspect_) {
    notes_.push_back(
        fmt::format("has pixels {:.3g} times as wide as high; boxes are in stored pixels", pixel_aspect_));
    said_aspect_ = true;
  }
  if (frames_ > 0 && (frame.width != width_ || frame.height != height_) && !said_size_) {
    notes_.push_back(fmt::format("changes its size at frame {}, from {} x {} to {} x {} pixels", frames_,
                                 width_, height_, frame.width, frame.height));
    said_size_ = true;
  }
  width_ = frame.width;
  height_ = frame.height;
}

void FrameReader::take(const AVFrame& frame) {
  if (!possible_size(frame.height, frame.width)) {
    fail("{}: frames of {} x {} pixels; at most {} can be read", name_, frame.width, frame.height,
         kMaxPixels);
  }
  auto told = told_time(frame);
  if (frames_ == 0) begin_clock(frame, told);
  if (told) *told += shift_;
  const double unit = av_q2d(input_.video().time_base);
  const double length = static_cast<double>(duration_of(frame)) * unit;
  double usual = last_length_ > 0 ? last_length_ : 1 / frames_a_second();
  // A frame of an AVI lasts one slot, however many empty slots follow.
  if (input_.has_decode_times_only() && step_ > 0) usual = std::min(step_, step_before_);
  const Turn turn = turn_for(frame);
  note_damage(frame);
  note_kind(frame, turn);
  interlaced_ = interlaced_ || is_interlaced(frame);
  last_length_ = length > 0 ? length : 0;
  frames_to_settle_.push_back({pixels_.image(frame, turn), 0, last_length_});
  const double before = clock_.last();
  settle(clock_.add(told, usual));
  if (told && frames_ > 0 && clock_.last() > before) {
    step_before_ = step_ > 0 ? step_ : clock_.last() - before;
    step_ = clock_.last() - before;
  }
  ++frames_;
}

std::optional<std::string> FrameReader::shortfall() const {
  const auto& announced = input_.announced();
  const int64_t owed = announced.frames_in_all();
  const int64_t lost = failed_between_ + input_.lost();
  const int64_t all = announced.is_listed() ? owed : std::max(owed, frames_ + lost);
  // Elsewhere packets cannot be compared with frames: two fields may be separate packets, and a broadcast
  // begins in the middle of a group of frames.
  const bool of_whole_frames = announced.is_listed() || is_format("avi") || is_format("matroska");
  const bool silently_fewer =
      of_whole_frames && !interlaced_ && frames_ + leading_ + order_.leading() < sent_whole_;
  // A recording of a broadcast begins and ends in the middle of a group of frames.
  const int64_t undecoded = lost + (owed > 0 ? failed_ + failed_first_ : 0);
  std::string why;
  if (ending_ == Ending::kBroken)
    why = "reading failed: " + input_.trouble();
  else if (ending_ == Ending::kSilent)
    why = "then no more data came";
  else if (announced.ended_early(input_.is_damaged()))
    why = announced.is_of_avi() ? "the others are missing" : "the rest is missing";
  else if (undecoded > 0 && frames_ < all)
    why = "the others are damaged";
  else if (silently_fewer)
    why = "the others cannot be decoded";
  else if (frames_ == 0)
    why = "there are none";
  else
    return std::nullopt;
  if (!first_failure_.empty() && ending_ == Ending::kEnd) why += " (" + first_failure_ + ")";
  if (frames_ == 0) {
    return "no frame could be read: " +
           (ending_ == Ending::kEnd && !first_failure_.empty() ? first_failure_ : why);
  }
  if (all <= frames_) return fmt::format("{} frames, but not all: {}", frames_, why);
  return fmt::format("{} of about {} frames: {}", frames_, all, why);
}

std::vector<std::string> FrameReader::take_notes() {
  if (ending_ != Ending::kNone && patched_ > 0) {
    notes_.push_back(fmt::format("damaged frames: {}; the decoder guessed their lost parts", patched_));
    patched_ = 0;
  }
  if (const int64_t empty = input_.announced().empty_places();
      ending_ != Ending::kNone && empty > 0 && !said_empty_) {
    notes_.push_back(
        fmt::format("slots without a frame: {}; the frame before them is shown for longer", empty));
    said_empty_ = true;
  }
  return std::exchange(notes_, {});
}

}  // namespace focus::images::ffmpeg
