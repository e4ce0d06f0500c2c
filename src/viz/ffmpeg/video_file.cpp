#include "viz/video_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "base/threads.h"
#include "images/ffmpeg/handles.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace focus::viz {
namespace {

namespace fs = std::filesystem;
namespace ffmpeg = images::ffmpeg;

/// Units of time per second: suits all usual frame rates, and MPEG-4 allows at most 65535.
constexpr int kClock = 60000;

const AVCodec* encoder(int attempt) {
  switch (attempt) {
    case 0:
      return avcodec_find_encoder_by_name("libx264");
    case 1:
      return avcodec_find_encoder_by_name("libopenh264");
    default:
      return avcodec_find_encoder(AV_CODEC_ID_MPEG4);
  }
}
constexpr int kEncoders = 3;

}  // namespace

struct VideoFile::Impl {
  struct OutputCloser {
    void operator()(AVFormatContext* context) const {
      if (context->pb != nullptr) avio_closep(&context->pb);
      avformat_free_context(context);
    }
  };

  fs::path path, partial;
  Shape shape;
  std::unique_ptr<AVFormatContext, OutputCloser> output;
  ffmpeg::Codec codec;
  ffmpeg::Frame frame{av_frame_alloc()};
  ffmpeg::Packet packet{av_packet_alloc()};
  ffmpeg::Scaler scaler;
  AVStream* stream = nullptr;

  double first = 0;
  cv::Mat waiting;           ///< the last frame, until its duration is known
  int64_t waiting_time = 0;  ///< in units of the clock
  int64_t last_length = 0;
  std::map<int64_t, int64_t> lengths;  ///< of frames the encoder still has, by their times
  bool finished = false;

  [[noreturn]] void fail_writing(int error) const {
    fail("{}: cannot be written: {}", path.string(), ffmpeg::error_text(error));
  }
  void require(int result) const {
    if (result < 0) fail_writing(result);
  }

  bool open_codec(const AVCodec* with) {
    if (with == nullptr) return false;
    codec.reset(avcodec_alloc_context3(with));
    if (!codec) throw std::bad_alloc();
    codec->width = shape.size.width;
    codec->height = shape.size.height;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = {1, kClock};
    codec->framerate = av_d2q(shape.frames_a_second, kClock);
    codec->sample_aspect_ratio = av_d2q(shape.pixel_aspect, 1 << 12);
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->colorspace = ffmpeg::usual_colour_space(shape.size.width, shape.size.height);
    codec->color_primaries = codec->colorspace == AVCOL_SPC_BT709 ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
    codec->color_trc = codec->colorspace == AVCOL_SPC_BT709 ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M;
    // Without B-frames, packets are in the order of their times.
    codec->max_b_frames = 0;
    codec->gop_size = std::clamp(static_cast<int>(std::lround(4 * shape.frames_a_second)), 12, 250);
    codec->thread_count = std::min(usable_cpus(), 4);
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (with->id == AV_CODEC_ID_MPEG4) {
      constexpr int kFine = 3;
      codec->flags |= AV_CODEC_FLAG_QSCALE;
      codec->global_quality = kFine * FF_QP2LAMBDA;
    } else {
      // For encoders that do not accept a quality: visually close to the original.
      codec->bit_rate = std::llround(0.2 * shape.size.area() * shape.frames_a_second);
    }
    // Only x264 knows these options; errors of the other encoders do not matter.
    if (av_opt_set(codec->priv_data, "crf", "20", 0) >= 0) codec->bit_rate = 0;
    av_opt_set(codec->priv_data, "preset", "veryfast", 0);
    return avcodec_open2(codec.get(), with, nullptr) >= 0;
  }

  void open() {
    AVFormatContext* context = nullptr;
    require(avformat_alloc_output_context2(&context, nullptr, "mp4", nullptr));
    output.reset(context);
    int attempt = 0;
    while (attempt < kEncoders && !open_codec(encoder(attempt))) ++attempt;
    stream = avformat_new_stream(context, nullptr);
    if (attempt == kEncoders || stream == nullptr) {
      fail("{}: cannot be written as a video of {} x {} pixels: no encoder for H.264 or MPEG-4 takes it",
           path.string(), shape.size.width, shape.size.height);
    }
    require(avcodec_parameters_from_context(stream->codecpar, codec.get()));
    stream->time_base = codec->time_base;
    stream->avg_frame_rate = codec->framerate;
    stream->sample_aspect_ratio = codec->sample_aspect_ratio;
    const int error = avio_open(&context->pb, ("file:" + partial.string()).c_str(), AVIO_FLAG_WRITE);
    if (error < 0) {
      fail("{}: cannot be written: {}; does its folder exist, and may you write to it?", path.string(),
           ffmpeg::error_text(error));
    }
    require(avformat_write_header(context, nullptr));

    frame->format = codec->pix_fmt;
    frame->width = shape.size.width;
    frame->height = shape.size.height;
    frame->colorspace = codec->colorspace;
    frame->color_range = codec->color_range;
    scaler.reset(sws_getContext(frame->width, frame->height, AV_PIX_FMT_BGR24, frame->width, frame->height,
                                codec->pix_fmt, SWS_BICUBIC, nullptr, nullptr, nullptr));
    if (!scaler) throw std::bad_alloc();
    constexpr int kUnit = 1 << 16;
    const int* table = sws_getCoefficients(codec->colorspace);
    sws_setColorspaceDetails(scaler.get(), table, 1, table, 0, 0, kUnit, kUnit);
  }

  /// The frame fitted into the size of the video.
  cv::Mat fitted(const cv::Mat& pixels) const {
    const cv::Size want = shape.size, have = pixels.size();
    if ((have.width & ~1) == want.width && (have.height & ~1) == want.height) {
      return pixels(cv::Rect({}, want));
    }
    const double scale = std::min(static_cast<double>(want.width) / have.width,
                                  static_cast<double>(want.height) / have.height);
    const cv::Size size(std::clamp(static_cast<int>(std::lround(have.width * scale)), 1, want.width),
                        std::clamp(static_cast<int>(std::lround(have.height * scale)), 1, want.height));
    cv::Mat all(want, CV_8UC3, cv::Scalar::all(0));
    const cv::Rect place((want.width - size.width) / 2, (want.height - size.height) / 2, size.width,
                         size.height);
    cv::Mat part = all(place);
    cv::resize(pixels, part, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    return all;
  }

  int64_t clock(double seconds) const { return std::llround((seconds - first) * kClock); }

  /// @param length duration of the frame in units of the clock; at least one is used
  void encode_waiting(int64_t length) {
    last_length = std::max<int64_t>(1, length);
    lengths[waiting_time] = last_length;
    // A separate buffer for each frame, because the encoder keeps some.
    for (auto*& buffer : frame->buf) av_buffer_unref(&buffer);
    if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
    const uint8_t* const planes[4] = {waiting.ptr(), nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(waiting.step[0]), 0, 0, 0};
    sws_scale(scaler.get(), planes, strides, 0, frame->height, frame->data, frame->linesize);
    frame->pts = waiting_time;
    require(avcodec_send_frame(codec.get(), frame.get()));
    pass_on();
  }

  /// Writes the packets that the encoder has ready. They come in the order of their times.
  void pass_on() {
    while (true) {
      const int error = avcodec_receive_packet(codec.get(), packet.get());
      if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return;
      require(error);
      if (const auto length = lengths.find(packet->pts); length != lengths.end()) {
        packet->duration = length->second;
        lengths.erase(length);
      }
      packet->stream_index = stream->index;
      av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      require(av_interleaved_write_frame(output.get(), packet.get()));
    }
  }
};

VideoFile::VideoFile(fs::path path, const Shape& shape) : impl_(std::make_unique<Impl>()) {
  av_log_set_level(AV_LOG_QUIET);  // We report its errors ourselves, once.
  impl_->path = std::move(path);
  impl_->partial = fs::path(impl_->path).replace_extension(".partial.mp4");
  impl_->shape = shape;
  // The encoders share colours among squares of 2 x 2 pixels.
  impl_->shape.size = {std::max(2, shape.size.width & ~1), std::max(2, shape.size.height & ~1)};
  try {
    impl_->open();
  } catch (...) {
    impl_->output.reset();
    std::error_code ignored;
    fs::remove(impl_->partial, ignored);
    throw;
  }
}

VideoFile::~VideoFile() {
  impl_->output.reset();
  std::error_code ignored;
  if (!impl_->finished) fs::remove(impl_->partial, ignored);
}

void VideoFile::write(const cv::Mat& pixels, double seconds) {
  auto& file = *impl_;
  if (file.waiting.empty()) {
    file.first = seconds;
  } else {
    file.encode_waiting(file.clock(seconds) - file.waiting_time);
    file.waiting_time += file.last_length;
  }
  file.waiting = file.fitted(pixels).clone();
}

void VideoFile::finish(double end) {
  auto& file = *impl_;
  if (!file.waiting.empty()) {
    const int64_t told = end > 0 ? file.clock(end) - file.waiting_time : 0;
    const int64_t usual =
        file.last_length > 0 ? file.last_length : std::llround(kClock / file.shape.frames_a_second);
    file.encode_waiting(told > 0 ? told : usual);
  }
  file.require(avcodec_send_frame(file.codec.get(), nullptr));
  file.pass_on();
  file.require(av_write_trailer(file.output.get()));
  file.require(avio_closep(&file.output->pb));
  std::error_code error;
  fs::rename(file.partial, file.path, error);
  if (error) fail("{}: cannot be written: {}", file.path.string(), error.message());
  file.finished = true;
}

}  // namespace focus::viz
