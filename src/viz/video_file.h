// Drawn frames to a video file.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>

namespace focus::viz {

/// An MP4 with H.264, which browsers show; with MPEG-4 where OpenCV has no encoder for that. It gets its name
/// when it is finished; until then, and if it never is, nothing is at `path` that was not there before.
class VideoFile {
 public:
  /// @param size of all frames, pixels; an odd side loses its last row or column
  /// Throws Error naming the path if it cannot be written.
  VideoFile(std::filesystem::path path, cv::Size size, double frames_a_second);
  ~VideoFile();
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  /// Adds a frame, CV_8UC3 (BGR).
  void write(const cv::Mat& frame);

  /// Repeats the last frame until the video is that long, so that frames that came late are shown on time.
  void fill_until(double seconds);

  /// Throws Error if the file could not be written or renamed.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::viz
