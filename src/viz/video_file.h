// Writes frames to a video file.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>

namespace focus::viz {

/// An MP4 with H.264, which browsers show, or with MPEG-4 if FFmpeg has no encoder for H.264. Each frame
/// keeps its time, so that a video of variable rate keeps its length. The file gets its name when it is
/// finished; until then, and if it is never finished, `path` does not change.
class VideoFile {
 public:
  struct Shape {
    cv::Size size;                ///< pixels; an odd side loses its last row or column
    double pixel_aspect = 1;      ///< width of a pixel over its height
    double frames_a_second = 25;  ///< approximate
  };

  /// Throws Error naming the path if it cannot be written.
  VideoFile(std::filesystem::path path, const Shape& shape);
  ~VideoFile();
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  /// Adds a frame, CV_8UC3 (BGR); one of another size is fitted in, with black borders.
  /// @param seconds when it is shown, relative to any origin; later than the frame before
  /// Throws Error if the file cannot be written.
  void write(const cv::Mat& frame, double seconds);

  /// @param end when the last frame ends, in seconds; 0 or less: it is shown as long as the one before
  /// Throws Error if the file could not be written or renamed.
  void finish(double end);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::viz
