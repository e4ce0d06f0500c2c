// Decoded frames as images.
#pragma once

#include <string>

#include "images/ffmpeg/display_matrix.h"
#include "images/ffmpeg/handles.h"
#include "images/image.h"

namespace focus::images::ffmpeg {

/// Converts frames of any pixel format, size and colour space, which may change from frame to frame.
class FramePixels {
 public:
  /// @param name of the source, for errors
  explicit FramePixels(std::string name) : name_(std::move(name)) {}

  /// Throws Error naming the source if the pixel format cannot be converted.
  Image image(const AVFrame& frame, const Turn& turn);

 private:
  struct Kind {
    int width = 0, height = 0, format = -1, space = 0, range = 0;
    bool operator==(const Kind&) const = default;
  };
  void prepare(const AVFrame& frame);

  std::string name_;
  Kind kind_;
  Scaler scaler_;
};

}  // namespace focus::images::ffmpeg
