#include "viz/video_file.h"

#ifndef FOCUS_DETR_FFMPEG
#include "base/error.h"

namespace focus::viz {

struct VideoFile::Impl {};

VideoFile::VideoFile(std::filesystem::path path, const Shape&) {
  fail("{}: this program was built without FFmpeg, which writes videos", path.string());
}
VideoFile::~VideoFile() = default;
void VideoFile::write(const cv::Mat&, double) {}
void VideoFile::finish(double) {}

}  // namespace focus::viz
#endif
