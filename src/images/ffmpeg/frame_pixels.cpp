#include "images/ffmpeg/frame_pixels.h"

#include "base/error.h"
#include "images/opencv/mat.h"

namespace focus::images::ffmpeg {
namespace {

/// Full range is stated by a field or, in older FFmpeg formats, by the pixel format.
bool is_full_range(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

AVColorSpace colour_space(const AVFrame& frame) {
  const bool told = frame.colorspace != AVCOL_SPC_UNSPECIFIED && frame.colorspace != AVCOL_SPC_RESERVED;
  return told ? frame.colorspace : usual_colour_space(frame.width, frame.height);
}

}  // namespace

void FramePixels::prepare(const AVFrame& frame) {
  const Kind kind{frame.width, frame.height, frame.format, colour_space(frame), is_full_range(frame)};
  if (scaler_ && kind == kind_) return;
  const auto format = static_cast<AVPixelFormat>(frame.format);
  scaler_.reset(sws_getContext(kind.width, kind.height, format, kind.width, kind.height, AV_PIX_FMT_BGR24,
                               SWS_BICUBIC, nullptr, nullptr, nullptr));
  if (!scaler_) {
    const char* called = av_get_pix_fmt_name(format);
    fail("{}: frames of the pixel format {} cannot be read; convert it, for instance to MP4 with H.264",
         name_, called == nullptr ? "(unknown)" : called);
  }
  // Fails, as it should, if the pixels are RGB already.
  constexpr int kUnit = 1 << 16;
  const int* table = sws_getCoefficients(kind.space);
  sws_setColorspaceDetails(scaler_.get(), table, kind.range, table, 1, 0, kUnit, kUnit);
  kind_ = kind;
}

Image FramePixels::image(const AVFrame& frame, const Turn& turn) {
  prepare(frame);
  // The converter writes whole vectors, which may go beyond the end of a row.
  constexpr int kAligned = 64;
  cv::Mat room(frame.height, (frame.width + kAligned - 1) / kAligned * kAligned, CV_8UC3);
  cv::Mat pixels = room.colRange(0, frame.width);
  uint8_t* const planes[4] = {pixels.ptr(), nullptr, nullptr, nullptr};
  const int strides[4] = {static_cast<int>(pixels.step[0]), 0, 0, 0};
  const int rows = sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, planes, strides);
  if (rows != frame.height) fail("{}: a frame cannot be converted to BGR", name_);
  return image_of(turned(pixels, turn));
}

}  // namespace focus::images::ffmpeg
