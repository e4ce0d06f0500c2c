// Cameras, read by OpenCV's Video4Linux backend.
#include <chrono>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/videoio.hpp>

#include "base/error.h"
#include "images/limits.h"
#include "images/opencv/mat.h"
#include "images/video.h"

namespace focus::images {
namespace {

using CameraClock = std::chrono::steady_clock;

class Camera : public Video {
 public:
  explicit Camera(int number) : name_("camera " + std::to_string(number)) {
    // We report its errors ourselves, once.
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    if (!capture_.open(number, cv::CAP_V4L2)) {
      fail("{}: cannot be opened; does /dev/video{} exist, may you use it, and is no other program using it?",
           name_, number);
    }
  }

  std::optional<VideoFrame> next() override {
    cv::Mat pixels;
    try {
      if (!capture_.read(pixels)) return std::nullopt;
    } catch (const cv::Exception& error) {
      fail("{}: frame {} cannot be decoded: {}", name_, taken_, error.err);
    }
    if (pixels.empty() || pixels.type() != CV_8UC3) return std::nullopt;
    if (!possible_size(pixels.rows, pixels.cols)) {
      fail("{}: frames of {} x {} pixels; at most {} can be read", name_, pixels.cols, pixels.rows,
           kMaxPixels);
    }
    const auto now = CameraClock::now();
    if (taken_++ == 0) first_ = now;
    // Some backends reuse the same buffer.
    return VideoFrame{image_of(pixels.clone()), std::chrono::duration<double>(now - first_).count(), 0};
  }

  double frames_a_second() const override {
    constexpr double kUsual = 25, kMost = 1000;
    const double told = capture_.get(cv::CAP_PROP_FPS);
    return told > 0 && told <= kMost ? told : kUsual;
  }

 private:
  std::string name_;
  cv::VideoCapture capture_;
  int64_t taken_ = 0;
  CameraClock::time_point first_;
};

}  // namespace

std::unique_ptr<Video> open_camera(int number) { return std::make_unique<Camera>(number); }

}  // namespace focus::images
