// Why a file cannot be read as a video, judged by its bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace focus::images::ffmpeg {

/// One line without the file's name: empty, a playlist, an MP4 that was truncated before its index, not a
/// video at all. Never throws.
std::string why_unreadable(const std::filesystem::path& path);

/// The message for an MP4 without an index: truncated, or still being written. None for other files.
std::optional<std::string> missing_index(const std::filesystem::path& path);

}  // namespace focus::images::ffmpeg
