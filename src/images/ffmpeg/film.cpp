// Video files.
#include "base/error.h"
#include "images/ffmpeg/frame_reader.h"
#include "images/video.h"

namespace focus::images {
namespace {

class Film : public Video {
 public:
  explicit Film(const std::filesystem::path& path) : reader_(ffmpeg::file_address(path), 0, {}) {}

  std::optional<VideoFrame> next() override {
    auto frame = reader_.next();
    for (const auto& note : reader_.take_notes()) say(note);
    return frame;
  }
  double frames_a_second() const override { return reader_.frames_a_second(); }
  int64_t frames() const override { return reader_.frames(); }
  double length() const override { return reader_.length(); }
  double pixel_aspect() const override { return reader_.pixel_aspect(); }
  std::optional<std::string> shortfall() const override { return reader_.shortfall(); }

 private:
  ffmpeg::FrameReader reader_;
};

}  // namespace

std::unique_ptr<Video> open_video(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) fail("{}: no such file", path.string());
  return std::make_unique<Film>(path);
}

}  // namespace focus::images
