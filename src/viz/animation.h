// Animations of images.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <span>

namespace focus::viz {

/// Writes an animated WebP that repeats forever, atomically. All frames are CV_8UC3 (BGR) of one size.
/// Throws Error if there is no frame, if one differs in type or size, or if the file cannot be written.
void write_animation(const std::filesystem::path& path, std::span<const cv::Mat> frames,
                     int milliseconds_a_frame);

}  // namespace focus::viz
