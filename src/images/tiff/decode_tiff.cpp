#include "images/tiff/decode_tiff.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.h"
#include "images/limits.h"
#include "images/tiff/memory_tiff.h"

namespace focus::images {
namespace {

// The layout of the samples in the file.
struct Layout {
  explicit Layout(const MemoryTiff& tiff)
      : bits(tiff.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1)),
        samples(tiff.field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1)),
        number(tiff.field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT)),
        photometric(tiff.field<uint16_t>(TIFFTAG_PHOTOMETRIC,
                                         samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK)),
        separate(tiff.field<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE),
        tiled(TIFFIsTiled(tiff.get()) != 0) {}

  bool grey() const { return photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE; }
  int colours() const { return grey() ? 1 : 3; }

  /// Grey or RGB in whole bytes: read without conversion, so that neither alpha nor rounding changes it.
  /// libtiff converts the rest to RGB.
  bool plain() const {
    return (bits == 8 || bits == 16) && (grey() || (photometric == PHOTOMETRIC_RGB && samples >= 3));
  }

  uint16_t bits, samples, number, photometric;
  bool separate, tiled;
};

void check_layout(const MemoryTiff& tiff, const Layout& layout) {
  const auto scheme = tiff.field<uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (TIFFIsCODECConfigured(scheme) == 0) {
    constexpr uint16_t kJpeg2000 = 34712, kJpegXl = 50002, kJpegXlOfDng = 52546;
    const char* known = scheme == kJpeg2000                           ? " (JPEG 2000)"
                        : scheme == kJpegXl || scheme == kJpegXlOfDng ? " (JPEG XL)"
                                                                      : "";
    tiff.fail_unread(fmt::format("compression {}{}", scheme, known));
  }
  if (layout.photometric == PHOTOMETRIC_LOGL || layout.photometric == PHOTOMETRIC_LOGLUV) return;
  if (layout.number == SAMPLEFORMAT_IEEEFP) {
    tiff.fail_unread(fmt::format("{}-bit floating-point samples", layout.bits));
  }
  if (layout.number != SAMPLEFORMAT_UINT && layout.number != SAMPLEFORMAT_VOID) {
    tiff.fail_unread("signed or complex samples");
  }
  if (layout.bits > 16) tiff.fail_unread(fmt::format("{} bits per sample", layout.bits));
}

// A strip or a tile, the unit that libtiff decodes.
struct Block {
  uint32_t height, width;
};

Block block_of(const MemoryTiff& tiff, const Layout& layout, nn::ImageSize size) {
  const auto height = static_cast<uint32_t>(size.height), width = static_cast<uint32_t>(size.width);
  if (layout.tiled) {
    return {tiff.field<uint32_t>(TIFFTAG_TILELENGTH, 0), tiff.field<uint32_t>(TIFFTAG_TILEWIDTH, 0)};
  }
  return {std::min(tiff.field<uint32_t>(TIFFTAG_ROWSPERSTRIP, height), height), width};
}

// Called before memory is allocated: a few bytes of a header can demand any amount.
void check_block(const MemoryTiff& tiff, const Layout& layout, Block block) {
  constexpr uint64_t kMost = uint64_t{8} * kMaxPixels;
  if (block.height == 0 || block.width == 0) tiff.fail_damaged();
  const uint64_t row_bits = uint64_t{block.width} * layout.bits * (layout.separate ? 1 : layout.samples);
  if (row_bits / 8 > kMost / block.height) {
    tiff.fail_unread(
        fmt::format("parts of {} x {} pixels of {} samples", block.width, block.height, layout.samples));
  }
}

class PlainReader {
 public:
  PlainReader(const MemoryTiff& tiff, const Layout& layout, Block block, nn::ImageSize size)
      : tiff_(tiff), layout_(layout), block_(block), size_(size), bytes_(layout.bits / 8U) {
    buffer_.resize(size_t{block.width} * block.height * bytes_ * (layout.separate ? 1 : layout.samples));
  }

  Image read() {
    const auto height = static_cast<int>(size_.height), width = static_cast<int>(size_.width);
    const size_t stride = size_t{3} * static_cast<size_t>(width);
    const auto pixels = std::make_shared_for_overwrite<uint8_t[]>(stride * static_cast<size_t>(height));
    const int planes = layout_.separate ? layout_.colours() : 1;
    for (uint32_t y = 0; y < size_.height; y += block_.height) {
      for (uint32_t x = 0; x < size_.width; x += block_.width) {
        for (int plane = 0; plane < planes; ++plane) {
          decode(x, y, static_cast<uint16_t>(plane));
          place(x, y, plane, pixels.get(), stride);
        }
      }
    }
    return {height, width, 3, pixels.get(), stride, pixels};
  }

 private:
  void decode(uint32_t x, uint32_t y, uint16_t plane) {
    const auto room = static_cast<tmsize_t>(buffer_.size());
    const uint32_t rows = std::min<uint32_t>(block_.height, static_cast<uint32_t>(size_.height) - y);
    const tmsize_t read = layout_.tiled
                              ? TIFFReadEncodedTile(tiff_.get(), TIFFComputeTile(tiff_.get(), x, y, 0, plane),
                                                    buffer_.data(), room)
                              : TIFFReadEncodedStrip(tiff_.get(), TIFFComputeStrip(tiff_.get(), y, plane),
                                                     buffer_.data(), room);
    const tmsize_t needed = layout_.tiled ? room : room / block_.height * rows;
    if (read < needed) tiff_.fail_damaged();
  }

  void place(uint32_t x0, uint32_t y0, int plane, uint8_t* pixels, size_t stride) const {
    const uint32_t rows = std::min<uint32_t>(block_.height, static_cast<uint32_t>(size_.height) - y0);
    const uint32_t columns = std::min<uint32_t>(block_.width, static_cast<uint32_t>(size_.width) - x0);
    const size_t samples = layout_.separate ? 1 : layout_.samples;
    const uint8_t inverted = layout_.photometric == PHOTOMETRIC_MINISWHITE ? 0xFF : 0;
    for (uint32_t y = 0; y < rows; ++y) {
      const uint8_t* from = buffer_.data() + size_t{y} * block_.width * samples * bytes_;
      uint8_t* to = pixels + (y0 + y) * stride + size_t{3} * x0;
      for (uint32_t x = 0; x < columns; ++x, from += samples * bytes_, to += 3) {
        if (layout_.grey()) {
          to[0] = to[1] = to[2] = value(from) ^ inverted;
        } else if (layout_.separate) {
          to[2 - plane] = value(from);
        } else {
          for (size_t c = 0; c < 3; ++c) to[2 - c] = value(from + c * bytes_);
        }
      }
    }
  }

  // libtiff gives 16 bits in this machine's order; the higher 8 are kept.
  uint8_t value(const uint8_t* sample) const {
    if (bytes_ == 1) return *sample;
    uint16_t wide;
    std::memcpy(&wide, sample, sizeof wide);
    return static_cast<uint8_t>(wide >> 8);
  }

  const MemoryTiff& tiff_;
  const Layout& layout_;
  Block block_;
  nn::ImageSize size_;
  size_t bytes_;  // Of a sample.
  std::vector<uint8_t> buffer_;
};

// Palettes, bits, CMYK, YCbCr, CIE L*a*b*.
Image read_by_conversion(const MemoryTiff& tiff, nn::ImageSize size) {
  char why[1024] = "";
  if (TIFFRGBAImageOK(tiff.get(), why) == 0) tiff.fail_unread(fmt::format("an unusual layout ({})", why));
  TIFFRGBAImage image;
  if (TIFFRGBAImageBegin(&image, tiff.get(), /*stop=*/1, why) == 0) tiff.fail_damaged();
  // Pixels as stored: the orientation is handled elsewhere.
  image.orientation = image.req_orientation = ORIENTATION_TOPLEFT;
  const auto height = static_cast<uint32_t>(size.height), width = static_cast<uint32_t>(size.width);
  std::vector<uint32_t> raster(size_t{height} * width);
  const bool whole = TIFFRGBAImageGet(&image, raster.data(), width, height) != 0;
  TIFFRGBAImageEnd(&image);
  if (!whole) tiff.fail_damaged();
  return Image::by_rows(static_cast<int>(height), static_cast<int>(width), 3, [&](int y, uint8_t* row) {
    const uint32_t* from = raster.data() + static_cast<size_t>(y) * width;
    for (uint32_t x = 0; x < width; ++x, row += 3) {
      row[0] = static_cast<uint8_t>(TIFFGetB(from[x]));
      row[1] = static_cast<uint8_t>(TIFFGetG(from[x]));
      row[2] = static_cast<uint8_t>(TIFFGetR(from[x]));
    }
  });
}

}  // namespace

Image decode_tiff(std::span<const uint8_t> bytes, const ImageHeader& header, const std::string& name) {
  const MemoryTiff tiff(bytes, header.place, name);
  const nn::ImageSize size{tiff.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0),
                           tiff.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0)};
  if (size != header.size) tiff.fail_damaged();
  const Layout layout(tiff);
  check_layout(tiff, layout);
  const Block block = block_of(tiff, layout, size);
  check_block(tiff, layout, block);
  return layout.plain() ? PlainReader(tiff, layout, block, size).read() : read_by_conversion(tiff, size);
}

}  // namespace focus::images
