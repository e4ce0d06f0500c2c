// Why a file cannot be read as a video, as far as its bytes tell.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace focus::images::ffmpeg {

/// One line without the file's name: empty, a playlist, an MP4 that was cut off before its index, no film at
/// all. Never throws.
std::string why_unreadable(const std::filesystem::path& path);

/// What is to be said of an MP4 whose index is missing, if this one is such a file: cut off, or still being
/// written.
std::optional<std::string> missing_index(const std::filesystem::path& path);

}  // namespace focus::images::ffmpeg
