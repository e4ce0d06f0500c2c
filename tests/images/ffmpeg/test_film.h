// Films a test makes in a moment, of every kind that FFmpeg can write.
#pragma once

#include <array>
#include <cmath>
#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "images/ffmpeg/handles.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace focus::test {

struct FilmFrame {
  cv::Mat pixels;  ///< CV_8UC3, BGR
  double seconds = 0;
};

struct FilmKind {
  std::string encoder = "mpeg4";
  AVPixelFormat format = AV_PIX_FMT_YUV420P;
  AVColorRange range = AVCOL_RANGE_MPEG;
  int rate = 10;
  int b_frames = 0;
  int key_every = 5;
  AVRational pixel_aspect{1, 1};
  std::optional<std::array<int32_t, 9>> matrix{};  ///< as a container stores it
  std::string codec_options{};                     ///< "name=value:name=value"
  std::string container{};                         ///< of FFmpeg's names; empty: by the file's name
  std::string container_options{};
  double sound = 0;       ///< seconds of silence beside the frames
  double last_frame = 0;  ///< seconds the last one is shown; 0: as the rate says
};

inline void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("cannot write the test's film: ") + what);
}

inline bool has_encoder(const std::string& name) {
  return avcodec_find_encoder_by_name(name.c_str()) != nullptr;
}

/// A film of these frames. Throws std::runtime_error if this FFmpeg cannot write it.
inline void write_film(const std::filesystem::path& path, const std::vector<FilmFrame>& frames,
                       const FilmKind& kind = {}) {
  using namespace images::ffmpeg;
  constexpr int kClock = 48000, kSoundRate = 8000, kSoundPiece = 800;
  av_log_set_level(AV_LOG_QUIET);
  AVFormatContext* made = nullptr;
  avformat_alloc_output_context2(&made, nullptr, kind.container.empty() ? nullptr : kind.container.c_str(),
                                 path.c_str());
  require(made != nullptr, "container");
  const auto close = [](AVFormatContext* context) {
    if (context->pb != nullptr) avio_closep(&context->pb);
    avformat_free_context(context);
  };
  const std::unique_ptr<AVFormatContext, decltype(close)> output(made, close);
  const AVCodec* encoder = avcodec_find_encoder_by_name(kind.encoder.c_str());
  require(encoder != nullptr, kind.encoder.c_str());
  const Codec codec(avcodec_alloc_context3(encoder));
  codec->width = frames.at(0).pixels.cols;
  codec->height = frames[0].pixels.rows;
  codec->pix_fmt = kind.format;
  codec->color_range = kind.range;
  codec->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  // Not all codecs and containers have a clock that is finer than their frames.
  const bool by_rate = kind.encoder == "mpeg1video" || kind.encoder == "mpeg2video" ||
                       std::string_view(output->oformat->name) == "avi";
  codec->time_base = by_rate ? AVRational{1, kind.rate} : AVRational{1, kClock};
  codec->framerate = {kind.rate, 1};
  codec->sample_aspect_ratio = kind.pixel_aspect;
  codec->gop_size = kind.key_every;
  codec->max_b_frames = kind.b_frames;
  codec->thread_count = 1;
  codec->bit_rate = 2'000'000;
  if ((output->oformat->flags & AVFMT_GLOBALHEADER) != 0) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* options = nullptr;
  av_dict_parse_string(&options, kind.codec_options.c_str(), "=", ":", 0);
  require(avcodec_open2(codec.get(), encoder, &options) >= 0, "encoder");
  av_dict_free(&options);

  AVStream* video = avformat_new_stream(made, nullptr);
  require(avcodec_parameters_from_context(video->codecpar, codec.get()) >= 0, "parameters");
  video->time_base = codec->time_base;
  video->avg_frame_rate = codec->framerate;
  video->sample_aspect_ratio = kind.pixel_aspect;
  if (kind.matrix) {
    constexpr size_t kBytes = 9 * sizeof(int32_t);
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
    auto* par = video->codecpar;
    AVPacketSideData* data = av_packet_side_data_new(&par->coded_side_data, &par->nb_coded_side_data,
                                                     AV_PKT_DATA_DISPLAYMATRIX, kBytes, 0);
    require(data != nullptr, "matrix");
    std::copy_n(reinterpret_cast<const uint8_t*>(kind.matrix->data()), kBytes, data->data);
#else
    uint8_t* data = av_stream_new_side_data(video, AV_PKT_DATA_DISPLAYMATRIX, kBytes);
    require(data != nullptr, "matrix");
    std::copy_n(reinterpret_cast<const uint8_t*>(kind.matrix->data()), kBytes, data);
#endif
  }
  AVStream* sound = nullptr;
  if (kind.sound > 0) {
    sound = avformat_new_stream(made, nullptr);
    auto* par = sound->codecpar;
    par->codec_type = AVMEDIA_TYPE_AUDIO;
    par->codec_id = AV_CODEC_ID_PCM_S16LE;
    par->format = AV_SAMPLE_FMT_S16;
    par->sample_rate = kSoundRate;
    par->bits_per_coded_sample = 16;
    par->block_align = 2;
    par->bit_rate = 16 * kSoundRate;
    av_channel_layout_default(&par->ch_layout, 1);
    sound->time_base = {1, kSoundRate};
  }
  if ((output->oformat->flags & AVFMT_NOFILE) == 0) {
    require(avio_open(&made->pb, ("file:" + path.string()).c_str(), AVIO_FLAG_WRITE) >= 0, "file");
  }
  av_dict_parse_string(&options, kind.container_options.c_str(), "=", ":", 0);
  require(avformat_write_header(made, &options) >= 0, "header");
  av_dict_free(&options);

  const Packet packet(av_packet_alloc());
  int64_t last_time = 0;
  const auto pass_on = [&] {
    while (avcodec_receive_packet(codec.get(), packet.get()) >= 0) {
      if (packet->duration == 0) packet->duration = av_rescale_q(1, {1, kind.rate}, codec->time_base);
      if (kind.last_frame > 0 && packet->pts == last_time) {
        packet->duration = std::llround(kind.last_frame / av_q2d(codec->time_base));
      }
      packet->stream_index = video->index;
      av_packet_rescale_ts(packet.get(), codec->time_base, video->time_base);
      require(av_interleaved_write_frame(made, packet.get()) >= 0, "packet");
    }
  };
  double heard = 0;
  const auto be_silent_until = [&](double seconds) {
    while (sound != nullptr && heard < std::min(seconds, kind.sound)) {
      require(av_new_packet(packet.get(), 2 * kSoundPiece) >= 0, "sound");
      std::fill_n(packet->data, packet->size, uint8_t{0});
      packet->stream_index = sound->index;
      packet->pts = packet->dts = std::llround(heard * kSoundRate);
      packet->duration = kSoundPiece;
      av_packet_rescale_ts(packet.get(), {1, kSoundRate}, sound->time_base);
      require(av_interleaved_write_frame(made, packet.get()) >= 0, "sound");
      heard += static_cast<double>(kSoundPiece) / kSoundRate;
    }
  };
  const Scaler scaler(sws_getContext(codec->width, codec->height, AV_PIX_FMT_BGR24, codec->width,
                                     codec->height, kind.format, SWS_BICUBIC | SWS_ACCURATE_RND, nullptr,
                                     nullptr, nullptr));
  require(scaler != nullptr, "scaler");
  const int* table = sws_getCoefficients(AVCOL_SPC_SMPTE170M);
  sws_setColorspaceDetails(scaler.get(), table, 1, table, kind.range == AVCOL_RANGE_JPEG, 0, 1 << 16,
                           1 << 16);
  for (const auto& shown : frames) {
    const Frame frame(av_frame_alloc());
    frame->format = kind.format;
    frame->width = codec->width;
    frame->height = codec->height;
    frame->color_range = kind.range;
    require(av_frame_get_buffer(frame.get(), 0) >= 0, "buffer");
    const uint8_t* const planes[4] = {shown.pixels.ptr(), nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(shown.pixels.step[0]), 0, 0, 0};
    sws_scale(scaler.get(), planes, strides, 0, frame->height, frame->data, frame->linesize);
    frame->pts = last_time = std::llround(shown.seconds / av_q2d(codec->time_base));
    be_silent_until(shown.seconds);
    require(avcodec_send_frame(codec.get(), frame.get()) >= 0, "frame");
    pass_on();
  }
  avcodec_send_frame(codec.get(), nullptr);
  pass_on();
  be_silent_until(kind.sound);
  require(av_write_trailer(made) >= 0, "trailer");
}

/// Frame i of grey level 40 + step * i, at `rate` a second.
inline std::vector<FilmFrame> grey_frames(int count, double rate = 10, cv::Size size = {64, 48},
                                          int step = 4) {
  std::vector<FilmFrame> frames;
  for (int i = 0; i < count; ++i) {
    frames.push_back({cv::Mat(size, CV_8UC3, cv::Scalar::all(40 + step * i)), i / rate});
  }
  return frames;
}

/// A scene that no codec makes small: noise that moves, so that a byte of the file is worth something.
inline std::vector<FilmFrame> noisy_frames(int count, double rate = 10, cv::Size size = {64, 48}) {
  std::vector<FilmFrame> frames;
  cv::RNG random(7);
  for (int i = 0; i < count; ++i) {
    cv::Mat pixels(size, CV_8UC3);
    random.fill(pixels, cv::RNG::UNIFORM, 0, 256);
    frames.push_back({pixels, i / rate});
  }
  return frames;
}

/// Red, green, blue and white corners: what is turned or mirrored shows it.
inline cv::Mat four_corners(cv::Size size) {
  cv::Mat pixels(size, CV_8UC3);
  const int w = size.width / 2, h = size.height / 2;
  pixels(cv::Rect(0, 0, w, h)) = cv::Scalar(0, 0, 255);
  pixels(cv::Rect(w, 0, size.width - w, h)) = cv::Scalar(0, 255, 0);
  pixels(cv::Rect(0, h, w, size.height - h)) = cv::Scalar(255, 0, 0);
  pixels(cv::Rect(w, h, size.width - w, size.height - h)) = cv::Scalar(255, 255, 255);
  return pixels;
}

}  // namespace focus::test
