// Moving images, frame by frame: files, streams by address, cameras.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "images/image.h"

namespace focus::images {

struct VideoFrame {
  Image image;          ///< BGR, upright as players show it; stored pixels, whatever their aspect
  double seconds = 0;   ///< when it is shown: of the film's time, or since the first frame for what is live
  double duration = 0;  ///< seconds it is shown for, as told; 0: not known
};

/// A source of frames. One thread at a time.
class Video {
 public:
  virtual ~Video() = default;

  /// None at the end, when a camera is gone, or when asked to stop. Frames may differ in size. Throws Error
  /// naming the source for frames that are too large (limits.h) or of a kind that cannot be read.
  virtual std::optional<VideoFrame> next() = 0;

  virtual double frames_a_second() const = 0;   ///< mean, as told; 25 where nothing credible is
  virtual int64_t frames() const { return 0; }  ///< about, as a file tells; 0: not known
  /// After the end: seconds at which the last frame's time is over, as a file tells; 0: not known.
  virtual double length() const { return 0; }
  /// Width of a pixel over its height, upright.
  virtual double pixel_aspect() const { return 1; }
  /// After the end: what is missing of what was announced, as one line; none if all came.
  virtual std::optional<std::string> shortfall() const { return std::nullopt; }

  /// Who hears, during next(), what else a person should know: one line each, without the source's name.
  void listen(std::function<void(const std::string&)> listener) { listener_ = std::move(listener); }

 protected:
  void say(const std::string& note) const {
    if (listener_) listener_(note);
  }

 private:
  std::function<void(const std::string&)> listener_;
};

/// Reads a local file and, where it is a list, the local files that it names; never an address. Throws Error
/// naming the file: missing, not a video, of a codec that is not known, or with frames of more than
/// kMaxPixels.
std::unique_ptr<Video> open_video(const std::filesystem::path& path);

struct StreamSettings {
  double timeout = 10;  ///< seconds without anything new after which a stream counts as lost
  int reconnects = 8;   ///< attempts in a row to open a lost one again, 1, 2, 4, ... 30 s apart
  std::function<bool()>
      stopped;  ///< asked while waiting; true ends the stream. May be called by another thread.
};

/// Opens an address that a person typed. A playlist behind http or https may name addresses of these two, and
/// nothing on this machine's disk. What is live goes on after a loss; when the frames are taken more slowly
/// than they come, those older than two seconds are left out. Throws UsageError for an address of another
/// kind than is_stream_address takes, Error naming the address if it cannot be opened.
std::unique_ptr<Video> open_stream(const std::string& address, const StreamSettings& settings);

/// The machine's camera with that number. Throws Error if there is none, or it is in use.
std::unique_ptr<Video> open_camera(int number);

/// Whether a file is taken for a video: by its name's extension, in any case.
bool is_video_name(const std::filesystem::path& path);

/// Whether an existing file is to be opened as a video: by its name, and where that is no image's either, by
/// its first bytes. So are sound and playlists, of which open_video says what they are. Never throws.
bool is_video_file(const std::filesystem::path& path);

/// Whether a text is an address such as rtsp://host/path: a scheme, "://" and something.
bool is_stream_address(const std::string& text);

/// An address as it may be shown and stored: without the password.
std::string shown_address(const std::string& address);

}  // namespace focus::images
