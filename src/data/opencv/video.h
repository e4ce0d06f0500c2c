// Video files and cameras, frame by frame.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <string>

namespace focus::data {

struct VideoFrame {
  cv::Mat picture;     ///< CV_8UC3, BGR, upright
  double seconds = 0;  ///< since the first frame: of the video's time, or of the clock for a camera
};

class Video {
 public:
  /// Reads a local file and nothing it may refer to elsewhere. Throws Error naming the file: missing, not a
  /// video, or with frames of more than kMaxPixels (limits.h).
  static Video open(const std::filesystem::path& path);
  /// The machine's camera with that number. Throws Error if there is none, or it is in use.
  static Video open_camera(int number);

  ~Video();
  Video(Video&&) noexcept;
  Video& operator=(Video&&) noexcept;

  /// None at the end of a file, or when a camera is gone.
  std::optional<VideoFrame> next();

  cv::Size size() const;
  double frames_a_second() const;  ///< as told; 25 where nothing credible is
  int64_t frames() const;          ///< about, as a file tells; 0: not known
  bool is_camera() const;

 private:
  struct Impl;
  explicit Video(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Whether a file is taken for a video: by its name's extension.
bool is_video_name(const std::filesystem::path& path);

}  // namespace focus::data
