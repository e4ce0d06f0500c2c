// Images that follow each other.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <span>

namespace focus::viz {

/// Writes an animated WebP that repeats for ever, atomically. All frames are CV_8UC3 (BGR) of one size.
/// Throws Error if there is no frame, one differs, or the file cannot be written.
void write_animation(const std::filesystem::path& path, std::span<const cv::Mat> frames,
                     int milliseconds_a_frame);

}  // namespace focus::viz
