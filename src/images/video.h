// Videos, frame by frame: files, streams by address, cameras.
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
  Image image;          ///< BGR, upright as players show it; in stored pixels, whatever their aspect
  double seconds = 0;   ///< when it is shown: in the video's time, or since the first frame of a live stream
  double duration = 0;  ///< seconds it is shown for, as stated; 0: unknown
};

/// A source of frames. For one thread at a time.
class Video {
 public:
  virtual ~Video() = default;

  /// The next frame; none at the end, if the camera is gone, or after a request to stop. Frames may differ in
  /// size. Throws Error naming the source for frames that are too large (limits.h) or cannot be read.
  virtual std::optional<VideoFrame> next() = 0;

  virtual double frames_a_second() const = 0;   ///< mean, as stated; 25 if there is no credible value
  virtual int64_t frames() const { return 0; }  ///< approximate, as a file states; 0: unknown
  /// After the end: the time at which the last frame ends, in seconds, as a file states; 0: unknown.
  virtual double length() const { return 0; }
  /// Width of a pixel over its height, upright.
  virtual double pixel_aspect() const { return 1; }
  /// After the end: what was announced but is missing, as one line; none if all came.
  virtual std::optional<std::string> shortfall() const { return std::nullopt; }

  /// Sets the function that next() calls with notes for the user: one line each, without the source's name.
  void listen(std::function<void(const std::string&)> listener) { listener_ = std::move(listener); }

 protected:
  void say(const std::string& note) const {
    if (listener_) listener_(note);
  }

 private:
  std::function<void(const std::string&)> listener_;
};

/// Reads a local file and, if it is a playlist, the local files that it names; never an address. Throws Error
/// naming the file: missing, not a video, of an unknown codec, or with frames of more than kMaxPixels.
std::unique_ptr<Video> open_video(const std::filesystem::path& path);

struct StreamSettings {
  double timeout = 10;  ///< seconds without new data after which a stream counts as lost
  int reconnects = 8;   ///< consecutive attempts to reopen a lost stream, 1, 2, 4, ... 30 s apart
  std::function<bool()>
      stopped;  ///< called while waiting; true ends the stream. May be called on another thread.
};

/// Opens an address that a user typed. A playlist at an http or https address may name addresses of these
/// two, and nothing on this machine's disk. A live stream is reopened after a loss; if its frames are taken
/// more slowly than they come, those older than two seconds are skipped. Throws UsageError for an address
/// whose scheme is not read, Error naming the address if it cannot be opened.
std::unique_ptr<Video> open_stream(const std::string& address, const StreamSettings& settings);

/// The machine's camera with that number. Throws Error if there is none, or it is in use.
std::unique_ptr<Video> open_camera(int number);

/// Whether a file is taken for a video, by its extension in upper or lower case.
bool is_video_name(const std::filesystem::path& path);

/// Whether an existing file should be opened as a video: by its name or, if that is not an image's either, by
/// its first bytes. Also true for sound and playlists, about which open_video reports errors. Never throws.
bool is_video_file(const std::filesystem::path& path);

/// Whether a text is an address such as rtsp://host/path: a scheme, "://" and something.
bool is_stream_address(const std::string& text);

/// An address as it may be shown and stored: without the password.
std::string shown_address(const std::string& address);

}  // namespace focus::images
