#include "images/heif/heif_image.h"

#include <libheif/heif.h>

#include <algorithm>
#include <new>

#include "base/error.h"
#include "base/release.h"

namespace focus::images {

struct HeifImage::Parts {
  using Context = std::unique_ptr<heif_context, Release<heif_context_free>>;
  using Handle = std::unique_ptr<heif_image_handle, Release<heif_image_handle_release>>;
  using Pixels = std::unique_ptr<heif_image, Release<heif_image_release>>;

  ImageFormat format;
  std::string name;
  Context context{heif_context_alloc()};
  Handle handle{};

  void check(const heif_error& error) const {
    if (error.code == heif_error_Ok) return;
    // libheif's own limits have the same code.
    if (error.code == heif_error_Memory_allocation_error &&
        error.subcode != heif_suberror_Security_limit_exceeded) {
      throw std::bad_alloc();
    }
    const bool decoder_lacks =
        (error.code == heif_error_Unsupported_feature && error.subcode == heif_suberror_Unsupported_codec) ||
        error.code == heif_error_Plugin_loading_error;
    const bool avif = format == ImageFormat::kAvif;
    if (decoder_lacks && !heif_have_decoder_for_format(avif ? heif_compression_AV1 : heif_compression_HEVC)) {
      fail("{}: this system's libheif has no decoder for {} images; install libheif-plugin-{}", name,
           name_of(format), avif ? "dav1d" : "libde265");
    }
    if (error.code == heif_error_Unsupported_feature || error.code == heif_error_Unsupported_filetype) {
      fail("{}: this {} image is of a kind that libheif {} does not read ({}); convert it to JPEG or PNG",
           name, name_of(format), heif_get_version(), error.message);
    }
    fail("{}: the {} image cannot be decoded: {}; copy or download it again", name, name_of(format),
         error.message);
  }
};

HeifImage::HeifImage(std::span<const uint8_t> bytes, ImageFormat format, const std::string& name)
    : parts_(new Parts{format, name}) {
  parts_->check(
      heif_context_read_from_memory_without_copy(parts_->context.get(), bytes.data(), bytes.size(), nullptr));
  heif_image_handle* handle = nullptr;
  parts_->check(heif_context_get_primary_image_handle(parts_->context.get(), &handle));
  parts_->handle.reset(handle);
}

HeifImage::~HeifImage() = default;

nn::ImageSize HeifImage::size() const {
  return {heif_image_handle_get_height(parts_->handle.get()),
          heif_image_handle_get_width(parts_->handle.get())};
}

int64_t HeifImage::images() const {
  return std::max(1, heif_context_get_number_of_top_level_images(parts_->context.get()));
}

Image HeifImage::pixels() const {
  // More than eight bits are requested unconverted, because libheif's own conversion differs among its
  // versions. The values have 16 bits in this machine's byte order.
  const int bits = heif_image_handle_get_luma_bits_per_pixel(parts_->handle.get());
  const bool deep = bits > 8;
  heif_image* decoded = nullptr;
  parts_->check(heif_decode_image(parts_->handle.get(), &decoded, heif_colorspace_RGB,
                                  deep ? heif_chroma_interleaved_RRGGBB_LE : heif_chroma_interleaved_RGB,
                                  nullptr));
  const Parts::Pixels pixels(decoded);
  const auto stated = size();
  int stride = 0;
  const uint8_t* first = heif_image_get_plane_readonly(decoded, heif_channel_interleaved, &stride);
  const int height = heif_image_get_height(decoded, heif_channel_interleaved);
  const int width = heif_image_get_width(decoded, heif_channel_interleaved);
  if (!first || height != stated.height || width != stated.width) {
    fail("{}: the {} image is damaged: its pixels are {} x {}, its header says {} x {}", parts_->name,
         name_of(parts_->format), width, height, stated.width, stated.height);
  }
  const int shift = heif_image_get_bits_per_pixel_range(decoded, heif_channel_interleaved) - 8;
  return Image::by_rows(height, width, 3, [&](int y, uint8_t* row) {
    const uint8_t* from = first + static_cast<size_t>(y) * static_cast<size_t>(stride);
    const auto sample = [&](int i) {
      if (!deep) return from[i];
      return static_cast<uint8_t>((from[2 * i] | from[2 * i + 1] << 8) >> shift);
    };
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) row[3 * x + c] = sample(3 * x + 2 - c);
    }
  });
}

}  // namespace focus::images
