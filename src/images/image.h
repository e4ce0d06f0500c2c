// An 8-bit image in memory, the type used everywhere between decoders and detectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "nn/batch.h"

namespace focus::images {

/// A rectangle of whole pixels: (x, y) is the top left one.
struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
};

/// Height x width pixels of some channels, a byte each; three are blue, green and red. Copies share the
/// pixels, which never change: a new image is created row by row (`by_rows`). The default is an empty image.
class Image {
 public:
  Image() = default;

  /// Wraps existing pixels without a copy.
  /// @param pixels the first row; rows are `stride` bytes apart
  /// @param owner  keeps the pixels alive as long as any image uses them
  Image(int height, int width, int channels, const uint8_t* pixels, size_t stride,
        std::shared_ptr<const void> owner)
      : height_(height),
        width_(width),
        channels_(channels),
        stride_(stride),
        pixels_(std::move(owner), pixels) {}

  /// An image whose rows `write(int y, uint8_t* row)` fills, from the first to the last.
  template <typename Write>
  static Image by_rows(int height, int width, int channels, const Write& write) {
    const size_t stride = static_cast<size_t>(width) * static_cast<size_t>(channels);
    const auto pixels = std::make_shared_for_overwrite<uint8_t[]>(stride * static_cast<size_t>(height));
    for (int y = 0; y < height; ++y) write(y, pixels.get() + static_cast<size_t>(y) * stride);
    return {height, width, channels, pixels.get(), stride, pixels};
  }

  bool empty() const { return pixels_ == nullptr; }
  int height() const { return height_; }
  int width() const { return width_; }
  int channels() const { return channels_; }
  size_t stride() const { return stride_; }  ///< Bytes from one row to the next.
  size_t row_bytes() const { return static_cast<size_t>(width_) * static_cast<size_t>(channels_); }
  /// Bytes of pixels, without gaps between rows.
  size_t bytes() const { return row_bytes() * static_cast<size_t>(height_); }

  const uint8_t* row(int y) const { return pixels_.get() + static_cast<size_t>(y) * stride_; }

  /// A part, without a copy. Throws Error if it is not inside the image.
  Image region(const Rect& rect) const;

 private:
  int height_ = 0, width_ = 0, channels_ = 0;
  size_t stride_ = 0;
  std::shared_ptr<const uint8_t> pixels_;
};

/// The size of an image.
inline nn::ImageSize size_of(const Image& image) { return {image.height(), image.width()}; }

/// Whether a detector accepts an image: not empty, three channels.
inline bool is_bgr(const Image& image) { return !image.empty() && image.channels() == 3; }

/// Copies the pixels, rows without gaps, to a buffer of at least image.bytes() bytes.
void copy_pixels(const Image& image, uint8_t* to);

/// An image of uniformly random bytes, the same for the same seed everywhere.
Image noise_image(nn::ImageSize size, uint64_t seed);

}  // namespace focus::images
