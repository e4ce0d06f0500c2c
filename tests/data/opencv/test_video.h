// Videos a test makes in a moment.
#pragma once

#include <filesystem>
#include <opencv2/videoio.hpp>

namespace focus::test {

/// Motion JPEG: `frames` frames of 64 x 48 pixels at 10 a second, frame i of grey level 20 * i.
inline void write_video(const std::filesystem::path& path, int frames) {
  cv::VideoWriter writer(path.string(), cv::CAP_FFMPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 10,
                         cv::Size(64, 48));
  for (int i = 0; i < frames; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(20 * i)));
}

}  // namespace focus::test
