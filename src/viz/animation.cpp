#include "viz/animation.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include <memory>
#include <ostream>

#include "base/error.h"
#include "base/files.h"

namespace focus::viz {
namespace {

struct Encoder {
  explicit Encoder(cv::Size size) {
    WebPAnimEncoderOptions options;
    if (WebPAnimEncoderOptionsInit(&options) == 0) fail("libwebp has another version than its header");
    encoder = WebPAnimEncoderNew(size.width, size.height, &options);
  }
  ~Encoder() { WebPAnimEncoderDelete(encoder); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  WebPAnimEncoder* encoder = nullptr;
};

struct Image {
  Image() { WebPPictureInit(&image); }
  ~Image() { WebPPictureFree(&image); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  WebPPicture image;
};

struct Data {
  Data() { WebPDataInit(&data); }
  ~Data() { WebPDataClear(&data); }
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;
  WebPData data;
};

}  // namespace

void write_animation(const std::filesystem::path& path, std::span<const cv::Mat> frames,
                     int milliseconds_a_frame) {
  if (frames.empty()) fail("{}: an animation needs a frame", path.string());
  const Encoder encoder(frames.front().size());
  WebPConfig config;
  bool fine = encoder.encoder != nullptr && WebPConfigInit(&config) != 0;
  int time = 0;
  for (const auto& frame : frames) {
    if (frame.type() != CV_8UC3 || frame.size() != frames.front().size()) {
      fail("{}: the frames of an animation must be 8-bit colour images of one size", path.string());
    }
    Image encoded;
    encoded.image.use_argb = 1;
    encoded.image.width = frame.cols;
    encoded.image.height = frame.rows;
    fine = fine && WebPPictureImportBGR(&encoded.image, frame.data, static_cast<int>(frame.step)) != 0 &&
           WebPAnimEncoderAdd(encoder.encoder, &encoded.image, time, &config) != 0;
    time += milliseconds_a_frame;
  }
  Data data;
  fine = fine && WebPAnimEncoderAdd(encoder.encoder, nullptr, time, nullptr) != 0 &&
         WebPAnimEncoderAssemble(encoder.encoder, &data.data) != 0;
  if (!fine) {
    fail("{}: {} frames of {} x {} pixels cannot be encoded as WebP", path.string(), frames.size(),
         frames.front().cols, frames.front().rows);
  }
  write_atomically(path, [&](std::ostream& file) {
    file.write(reinterpret_cast<const char*>(data.data.bytes), static_cast<std::streamsize>(data.data.size));
  });
}

}  // namespace focus::viz
