#include "images/ffmpeg/media_input.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdarg>
#include <string_view>
#include <thread>

#include "base/error.h"
#include "images/ffmpeg/unreadable.h"
#include "images/limits.h"
#include "images/video.h"

namespace focus::images::ffmpeg {
namespace {

/// What FFmpeg logged about containers on this thread; nothing is printed.
thread_local int64_t complaints_here = 0;
thread_local bool index_missing_here = false;

void take_log(void* object, int level, const char* format, va_list) {
  if (object == nullptr) return;
  const AVClass* speaker = *static_cast<AVClass**>(object);
  if (speaker == nullptr || std::string_view(speaker->class_name) != "AVFormatContext") return;
  const std::string_view text = format;
  const bool grave =
      level <= AV_LOG_ERROR ||
      // FFmpeg logs missing pieces of a playlist and lost packets of a broadcast only as warnings.
      text.starts_with("Failed to open segment") || text.starts_with("Continuity check failed");
  complaints_here += grave;
  index_missing_here = index_missing_here || text.starts_with("moov atom not found");
}

void prepare_once() {
  static const bool done = [] {
    av_log_set_callback(take_log);
    avformat_network_init();
    return true;
  }();
  static_cast<void>(done);
}

int ask_patience(void* patience) {
  const auto* asked = static_cast<const Patience*>(patience);
  return asked->stopped() || asked->ran_out() ? 1 : 0;
}

/// Options of FFmpeg, which removes those that it uses.
class Options {
 public:
  Options() = default;
  ~Options() { av_dict_free(&all_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  void set(const char* name, const std::string& value) { av_dict_set(&all_, name, value.c_str(), 0); }
  AVDictionary** all() { return &all_; }

 private:
  AVDictionary* all_ = nullptr;
};

struct Scheme {
  std::string_view name, protocols;
};

// None of them includes `file`: a remote source must never read this machine's disk.
constexpr std::string_view kWeb = "http,https,httpproxy,tcp,tls,crypto,data";
constexpr std::array kSchemes{Scheme{"rtsp", "rtsp,rtp,udp,tcp"},
                              Scheme{"rtsps", "rtsps,rtsp,srtp,rtp,udp,tls,tcp"},
                              Scheme{"http", kWeb},
                              Scheme{"https", kWeb},
                              Scheme{"rtmp", "rtmp,tcp"},
                              Scheme{"rtmps", "rtmps,rtmp,tls,tcp"},
                              Scheme{"udp", "udp"},
                              Scheme{"srt", "srt"}};

}  // namespace

MediaAddress file_address(const std::filesystem::path& path) {
  // Otherwise FFmpeg takes a name with a colon for an address.
  return {path.string(), "file:" + std::filesystem::absolute(path).string(), "file", false};
}

MediaAddress stream_address(const std::string& address) {
  std::string name = address.substr(0, address.find("://"));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto* scheme =
      std::find_if(kSchemes.begin(), kSchemes.end(), [&](const Scheme& known) { return known.name == name; });
  if (scheme == kSchemes.end()) {
    fail_usage("{}: {}:// addresses are not read; rtsp, rtsps, http, https, rtmp, rtmps, udp and srt are",
               shown_address(address), name);
  }
  return {shown_address(address), name + address.substr(name.size()), std::string(scheme->protocols), true};
}

void Patience::wait_at_most(double seconds) {
  bounded_ = true;
  until_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

AVIOInterruptCB Patience::callback() { return {ask_patience, this}; }

MediaInput::MediaInput(const MediaAddress& address, double timeout, std::function<bool()> stopped)
    : address_(address), timeout_(timeout), patience_(std::move(stopped)) {
  prepare_once();
  open();
}

void MediaInput::refuse(int error) const {
  if (!address_.remote) fail("{}: {}", address_.shown, why_unreadable(address_.shown));
  if (patience_.ran_out()) {
    fail("{}: nothing readable came within {:g} s", address_.shown, timeout_);
  }
  if (index_missing_here) {
    fail(
        "{}: its index (moov), which is at its end, did not come: the file there is truncated, or the server "
        "stopped sending",
        address_.shown);
  }
  if (error == AVERROR_INVALIDDATA) {
    fail("{}: the data received is not a readable video", address_.shown);
  }
  fail("{}: cannot be opened: {}", address_.shown, error_text(error));
}

void MediaInput::open() {
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  context->interrupt_callback = patience_.callback();
  Options options;
  options.set("protocol_whitelist", address_.protocols);
  if (address_.remote) {
    patience_.wait_at_most(timeout_);
    // RTSP over UDP does not pass most routers and loses packets; it is the fallback for cameras without TCP.
    options.set("rtsp_flags", "prefer_tcp");
    options.set("allowed_media_types", "video");
    // If a file over HTTP breaks off, reading resumes there.
    options.set("reconnect", "1");
    options.set("reconnect_delay_max", "8");
    // A camera with one frame per second must not be analysed for twenty seconds first.
    options.set("fpsprobesize", "2");
    options.set("rw_timeout", fmt::format("{:.0f}", timeout_ * 1e6));
  }
  const int64_t before = complaints_here;
  index_missing_here = false;
  // Frees the context if it fails.
  int error = avformat_open_input(&context, address_.url.c_str(), nullptr, options.all());
  if (error < 0) refuse(error);
  input_.reset(context);
  refuse_what_lies_behind();

  constexpr double kAnalysis = 5;  // Seconds of the stream that FFmpeg analyses.
  if (address_.remote) patience_.wait_at_most(timeout_ + kAnalysis);
  error = avformat_find_stream_info(context, nullptr);
  damaged_ = complaints_here > before;
  video_ = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (video_ < 0 || (video().disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
    if (address_.remote && patience_.ran_out()) refuse(AVERROR(ETIMEDOUT));
    if (error < 0) refuse(error);
    if (const auto why = address_.remote ? std::nullopt : missing_index(address_.shown)) {
      fail("{}: {}", address_.shown, *why);
    }
    const bool sound = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0) >= 0;
    const bool of_nothing = context->nb_streams > 0 && video_ < 0 && !sound;
    index_missing_here = index_missing_here || (is_of_mp4() && of_nothing);
    if (context->nb_streams == 0 || (address_.remote && index_missing_here)) refuse(AVERROR_INVALIDDATA);
    fail("{}: holds no video{}", address_.shown,
         video_ >= 0 ? ", only a cover image" : (sound ? ", only sound" : ""));
  }
  const auto& told = *video().codecpar;
  if ((told.width > 0 || told.height > 0) && !possible_size(told.height, told.width)) {
    fail("{}: frames of {} x {} pixels; at most {} can be read", address_.shown, told.width, told.height,
         kMaxPixels);
  }
  announced_ = Announced(*context, video());
  const std::string_view format = context->iformat->name;
  is_avi_ = format == "avi";
  if (is_avi_) slots_ = AviSlots(video());
  const bool may_be_joined = format.find("mpeg") != std::string_view::npos || format == "hls";
  if (may_be_joined && context->duration > 0) {
    clocks_ = JoinedClocks(*context);
  }
}

/// Refuses an MP4 whose frames lie before the index that has just been read, if the source cannot seek back.
void MediaInput::refuse_what_lies_behind() const {
  if (!address_.remote || !is_of_mp4() || input_->pb == nullptr) return;
  if ((input_->pb->seekable & AVIO_SEEKABLE_NORMAL) != 0) return;
  for (unsigned i = 0; i < input_->nb_streams; ++i) {
    const AVIndexEntry* first = avformat_index_get_entry(input_->streams[i], 0);
    if (first == nullptr || first->pos >= avio_tell(input_->pb)) continue;
    fail(
        "{}: its index comes after its frames, and the server does not send parts of a file (byte ranges), "
        "so it cannot be read from there; download it first, or have it written with the index in front "
        "(ffmpeg -movflags +faststart)",
        address_.shown);
  }
}

bool MediaInput::is_of_mp4() const {
  return std::string_view(input_->iformat->name).find("mov") != std::string_view::npos;
}

void MediaInput::correct_times(AVPacket& packet) {
  const bool of_video = packet.stream_index == video_;
  if (is_avi_ && of_video) slots_.correct(packet);
  if (clocks_.correct(packet)) announced_.forget_duration();
  if (of_video && last_time_ == AV_NOPTS_VALUE) {
    const bool is_copy = packet.pts == AV_NOPTS_VALUE && packet.dts != AV_NOPTS_VALUE &&
                         std::string_view(input_->iformat->name).find("matroska") != std::string_view::npos;
    decode_times_only_ = is_avi_ || is_copy;
  }
}

void MediaInput::count_lost(const AVPacket& packet) {
  damaged_ = damaged_ || (packet.flags & AV_PKT_FLAG_CORRUPT) != 0;
  const AVRational rate = video().avg_frame_rate.num > 0 ? video().avg_frame_rate : video().r_frame_rate;
  // A gap alone is a still image; together with damage it is the loss. If packets are listed, they are
  // counted instead.
  if (damaged_ && !is_avi_ && last_time_ != AV_NOPTS_VALUE && packet.dts != AV_NOPTS_VALUE && rate.num > 0 &&
      !announced_.is_listed()) {
    const double gap =
        static_cast<double>(packet.dts - last_time_) * av_q2d(video().time_base) * av_q2d(rate);
    constexpr double kMost = 1e6;
    if (gap > 0 && gap < kMost) lost_ += std::max<int64_t>(0, std::llround(gap) - 1);
  }
  last_time_ = packet.dts;
}

MediaInput::Read MediaInput::read(AVPacket& packet) {
  constexpr int kMostFailures = 1000;  // In a row.
  constexpr double kResume = 30;       // Seconds in which HTTP tries to resume.
  int failures = 0;
  if (address_.remote) {
    const bool file = input_->pb != nullptr && avio_size(input_->pb) > 0;
    patience_.wait_at_most(file ? timeout_ + kResume : timeout_);
  }
  while (true) {
    if (patience_.stopped()) return Read::kStopped;
    if (patience_.ran_out()) return Read::kSilent;
    av_packet_unref(&packet);
    const int64_t before = complaints_here;
    const int error = av_read_frame(input_.get(), &packet);
    damaged_ = damaged_ || complaints_here > before;
    if (error >= 0) {
      failures = 0;
      correct_times(packet);
      announced_.count(packet);
      // An empty packet means that the frame before is shown longer; the decoder would take it for the end.
      if (packet.stream_index != video_ || packet.size == 0) continue;
      count_lost(packet);
      return Read::kPacket;
    }
    if (patience_.stopped()) return Read::kStopped;
    if (patience_.ran_out() || error == AVERROR(ETIMEDOUT)) return Read::kSilent;
    if (error == AVERROR(EAGAIN)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    if (error != AVERROR_EOF) {
      trouble_ = error_text(error);
      damaged_ = true;
    }
    // One packet that lies outside the file, or cannot be read, must not cost those after it.
    const bool may_go_on = error == AVERROR_EOF ? !address_.remote && announced_.packets_owed() > failures
                                                : error == AVERROR_INVALIDDATA || !address_.remote;
    if (may_go_on && ++failures <= std::max<int64_t>(kMostFailures, announced_.packets_owed())) continue;
    return error == AVERROR_EOF ? Read::kEnd : Read::kBroken;
  }
}

}  // namespace focus::images::ffmpeg
