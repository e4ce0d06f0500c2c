#include "images/webp/decode_webp.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <new>

namespace focus::images {
namespace {

Image still_image(std::span<const uint8_t> bytes, nn::ImageSize size) {
  const auto stride = static_cast<size_t>(size.width) * 3;
  const size_t room = stride * static_cast<size_t>(size.height);
  const auto pixels = std::make_shared_for_overwrite<uint8_t[]>(room);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return {};
  config.output.colorspace = MODE_BGR;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = pixels.get(), .stride = static_cast<int>(stride), .size = room};
  const auto status = WebPDecode(bytes.data(), bytes.size(), &config);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) return {};
  return {static_cast<int>(size.height), static_cast<int>(size.width), 3, pixels.get(), stride, pixels};
}

// A frame may cover only a part of the canvas.
Image first_frame(std::span<const uint8_t> bytes, nn::ImageSize size) {
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) return {};
  options.color_mode = MODE_BGRA;
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&data, &options), WebPAnimDecoderDelete);
  uint8_t* canvas = nullptr;
  int time = 0;
  if (!decoder || WebPAnimDecoderGetNext(decoder.get(), &canvas, &time) == 0) return {};
  const auto height = static_cast<int>(size.height), width = static_cast<int>(size.width);
  return Image::by_rows(height, width, 3, [&](int y, uint8_t* row) {
    const uint8_t* from = canvas + size_t{4} * static_cast<size_t>(width) * static_cast<size_t>(y);
    for (int x = 0; x < width; ++x, from += 4, row += 3) std::copy_n(from, 3, row);
  });
}

}  // namespace

Image decode_webp(std::span<const uint8_t> bytes, const ImageHeader& header) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) return {};
  if (features.height != header.size.height || features.width != header.size.width) return {};
  return features.has_animation != 0 ? first_frame(bytes, header.size) : still_image(bytes, header.size);
}

}  // namespace focus::images
