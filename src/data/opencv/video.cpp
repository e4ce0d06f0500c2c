#include "data/opencv/video.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/videoio.hpp>

#include "base/error.h"
#include "data/limits.h"

namespace focus::data {
namespace {

using VideoClock = std::chrono::steady_clock;

/// FFmpeg takes a name for an address and follows what playlists name; a stranger's file must not make it
/// call anybody. Its complaints are said once, by us.
void tame_ffmpeg() {
  static const bool done = [] {
    setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file", 0);
    setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

struct Video::Impl {
  cv::VideoCapture capture;
  std::string name;
  bool camera = false;
  int64_t taken = 0;
  VideoClock::time_point first;
};

Video::Video(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  const auto pixels = static_cast<int64_t>(size().width) * size().height;
  if (pixels <= 0 || pixels > kMaxPixels) {
    fail("{}: frames of {} x {} pixels; at most {} can be read", impl_->name, size().width, size().height,
         kMaxPixels);
  }
}
Video::~Video() = default;
Video::Video(Video&&) noexcept = default;
Video& Video::operator=(Video&&) noexcept = default;

Video Video::open(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) fail("{}: there is no such file", path.string());
  tame_ffmpeg();
  auto impl = std::make_unique<Impl>();
  impl->name = path.string();
  if (!impl->capture.open("file:" + std::filesystem::absolute(path).string(), cv::CAP_FFMPEG)) {
    fail("{}: not a video that can be read; convert it, for instance to MP4 with H.264", path.string());
  }
  return Video(std::move(impl));
}

Video Video::open_camera(int number) {
  tame_ffmpeg();
  auto impl = std::make_unique<Impl>();
  impl->name = "camera " + std::to_string(number);
  impl->camera = true;
  if (!impl->capture.open(number, cv::CAP_V4L2)) {
    fail("camera {}: cannot be opened; is there /dev/video{}, and is it yours to use and not in use?", number,
         number);
  }
  return Video(std::move(impl));
}

std::optional<VideoFrame> Video::next() {
  VideoFrame frame;
  try {
    if (!impl_->capture.read(frame.picture)) return std::nullopt;
  } catch (const cv::Exception& error) {
    fail("{}: frame {} cannot be decoded: {}", impl_->name, impl_->taken, error.err);
  }
  if (frame.picture.empty() || frame.picture.type() != CV_8UC3) return std::nullopt;
  const auto now = VideoClock::now();
  if (impl_->taken == 0) impl_->first = now;
  frame.seconds = impl_->camera ? std::chrono::duration<double>(now - impl_->first).count()
                                : static_cast<double>(impl_->taken) / frames_a_second();
  ++impl_->taken;
  return frame;
}

cv::Size Video::size() const {
  return {static_cast<int>(impl_->capture.get(cv::CAP_PROP_FRAME_WIDTH)),
          static_cast<int>(impl_->capture.get(cv::CAP_PROP_FRAME_HEIGHT))};
}

double Video::frames_a_second() const {
  constexpr double kUsual = 25, kMost = 1000;
  const double told = impl_->capture.get(cv::CAP_PROP_FPS);
  return told > 0 && told <= kMost ? told : kUsual;
}

int64_t Video::frames() const {
  if (impl_->camera) return 0;
  constexpr double kMost = 1e9;
  const double told = impl_->capture.get(cv::CAP_PROP_FRAME_COUNT);
  return told > 0 && told <= kMost ? static_cast<int64_t>(told) : 0;
}

bool Video::is_camera() const { return impl_->camera; }

bool is_video_name(const std::filesystem::path& path) {
  static constexpr std::array known{".mp4", ".m4v", ".mov",  ".mkv", ".webm",
                                    ".avi", ".mpg", ".mpeg", ".ogv", ".ts"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(known.begin(), known.end(), extension) != known.end();
}

}  // namespace focus::data
