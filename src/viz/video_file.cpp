#include "viz/video_file.h"

#include <opencv2/videoio.hpp>

#include "base/error.h"

namespace focus::viz {
namespace fs = std::filesystem;

struct VideoFile::Impl {
  fs::path path, partial;
  cv::VideoWriter writer;
  double frames_a_second = 0;
  cv::Mat last;
  int64_t written = 0;
};

VideoFile::VideoFile(fs::path path, cv::Size size, double frames_a_second) : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(path);
  impl_->partial = fs::path(impl_->path).replace_extension(".partial.mp4");
  impl_->frames_a_second = frames_a_second;
  const cv::Size even(size.width & ~1, size.height & ~1);
  for (const auto* codec : {"avc1", "mp4v"}) {
    const int code = cv::VideoWriter::fourcc(codec[0], codec[1], codec[2], codec[3]);
    if (impl_->writer.open(impl_->partial.string(), cv::CAP_FFMPEG, code, frames_a_second, even)) return;
  }
  std::error_code ignored;
  fs::remove(impl_->partial, ignored);
  fail("{}: cannot be written as a video of {} x {} pixels; is its folder there, and yours to write to?",
       impl_->path.string(), even.width, even.height);
}

VideoFile::~VideoFile() {
  impl_->writer.release();
  std::error_code ignored;
  fs::remove(impl_->partial, ignored);
}

void VideoFile::write(const cv::Mat& frame) {
  impl_->last = frame(cv::Rect(0, 0, frame.cols & ~1, frame.rows & ~1)).clone();
  impl_->writer.write(impl_->last);
  ++impl_->written;
}

void VideoFile::fill_until(double seconds) {
  while (!impl_->last.empty() && static_cast<double>(impl_->written) < seconds * impl_->frames_a_second) {
    impl_->writer.write(impl_->last);
    ++impl_->written;
  }
}

void VideoFile::finish() {
  impl_->writer.release();
  std::error_code error;
  fs::rename(impl_->partial, impl_->path, error);
  if (error) fail("{}: cannot be written: {}", impl_->path.string(), error.message());
}

}  // namespace focus::viz
