// Films that a test writes, and all that is seen of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "images/ffmpeg/test_film.h"
#include "images/opencv/mat.h"
#include "images/video.h"
#include "support/temporary_folder.h"

namespace focus::test {

/// All of a film.
struct SeenFilm {
  std::vector<images::VideoFrame> frames;
  std::optional<std::string> shortfall;
  std::vector<std::string> notes;
  int64_t told = 0;
  double length = 0;

  bool is_said(const std::string& words) const {
    return std::any_of(notes.begin(), notes.end(),
                       [&](const std::string& note) { return note.find(words) != std::string::npos; });
  }
};

inline SeenFilm see_film(const std::filesystem::path& path) {
  SeenFilm seen;
  const auto video = images::open_video(path);
  video->listen([&](const std::string& note) { seen.notes.push_back(note); });
  seen.told = video->frames();
  while (auto frame = video->next()) seen.frames.push_back(std::move(*frame));
  EXPECT_FALSE(video->next()) << "the end stays the end";
  seen.shortfall = video->shortfall();
  seen.length = video->length();
  return seen;
}

inline double grey_of(const images::VideoFrame& frame) { return cv::mean(images::view_of(frame.image))[1]; }

class FilmTest : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  void zero(const std::filesystem::path& file, double from, double to) const {
    const auto size = static_cast<double>(std::filesystem::file_size(file));
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(std::llround(from * size));
    stream << std::string(static_cast<size_t>(std::llround((to - from) * size)), '\0');
  }
  void cut(const std::filesystem::path& file, double share) const {
    std::filesystem::resize_file(
        file, static_cast<uintmax_t>(share * static_cast<double>(std::filesystem::file_size(file))));
  }

  TemporaryFolder folder_;
};

struct NamedFilm {
  std::string name;
  FilmKind kind;
};

}  // namespace focus::test
