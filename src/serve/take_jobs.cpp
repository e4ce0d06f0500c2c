#include "serve/take_jobs.h"

#include <algorithm>
#include <new>

#include "http/error.h"
#include "images/decode.h"
#include "images/image_header.h"
#include "images/limits.h"
#include "serve/memory_short.h"

namespace focus::serve {
namespace {

using http::fail_http;

std::span<const uint8_t> bytes_of(const SentImage& image) {
  return {reinterpret_cast<const uint8_t*>(image.bytes.data()), image.bytes.size()};
}

int64_t decoded_bytes(nn::ImageSize size) { return 3 * size.height * size.width; }

/// The upright size of an image, from its header, or from the request for raw pixels.
nn::ImageSize size_of(const SentImage& image) {
  if (image.pixels) return *image.pixels;
  return images::read_image_header(bytes_of(image), image.name).upright_size();
}

void require_size(const SentImage& image, nn::ImageSize size, const RequestLimits& limits) {
  if (size.height < 1 || size.width < 1) {
    fail_http(400, "{}: an image of {} x {} pixels is empty", image.name, size.width, size.height);
  }
  if (size.width > std::min(limits.max_pixels, images::kMaxPixels) / size.height) {
    fail_http(413, "{}: {} x {} pixels; at most {} are accepted", image.name, size.width, size.height,
              std::min(limits.max_pixels, images::kMaxPixels));
  }
}

images::Image from_pixels(const SentImage& image, nn::ImageSize size) {
  if (image.bytes.size() != static_cast<size_t>(decoded_bytes(size))) {
    fail("{}: {} bytes, but {} x {} pixels have {}", image.name, image.bytes.size(), size.width, size.height,
         decoded_bytes(size));
  }
  const auto width = static_cast<int>(size.width);
  const char* rgb = image.bytes.data();
  return images::Image::by_rows(static_cast<int>(size.height), width, 3, [&](int, uint8_t* row) {
    for (int x = 0; x < width; ++x, rgb += 3, row += 3) std::reverse_copy(rgb, rgb + 3, row);
  });
}

/// Decoders do not say whether memory was short: they only report that an image cannot be decoded.
bool can_have(int64_t bytes) {
  void* tried = operator new(static_cast<size_t>(bytes), std::nothrow);
  operator delete(tried);
  return tried != nullptr;
}

images::Image decode(const SentImage& image, nn::ImageSize size, std::string& part_read) {
  if (image.pixels) return from_pixels(image, size);
  try {
    return images::decode_image(bytes_of(image), image.name, images::Orientation::kUpright, &part_read);
  } catch (const Error&) {
    if (!can_have(4 * decoded_bytes(size))) throw std::bad_alloc();
    throw;
  }
}

TakenJobs take(const ImageRequest& request, const ServedModelPointer& model, const Patience& patience,
               const RequestLimits& limits, Batcher& batcher) {
  patience.require();
  if (static_cast<int64_t>(request.images.size()) > limits.max_images) {
    fail_http(413, "{} images in one request; at most {} are accepted", request.images.size(),
              limits.max_images);
  }
  const auto begin = Clock::now();
  std::vector<nn::ImageSize> sizes;
  sizes.reserve(request.images.size());
  Room room;
  for (const auto& image : request.images) {
    sizes.push_back(size_of(image));
    require_size(image, sizes.back(), limits);
    room.places += views_of(sizes.back(), request.look);
    room.bytes += decoded_bytes(sizes.back());
  }
  auto reservation = batcher.reserve(room, patience);
  if (!reservation) fail_http(503, "the queue is full; try again");
  TakenJobs taken{std::move(*reservation), {}, {}, 0};
  taken.jobs.reserve(sizes.size());
  taken.part_read.resize(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    patience.require();
    const auto start = Clock::now();
    auto image = decode(request.images[i], sizes[i], taken.part_read[i]);
    taken.jobs.push_back({model, std::move(image), request.look, patience, Clock::now() - start});
  }
  taken.decode_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return taken;
}

}  // namespace

TakenJobs take_jobs(const ImageRequest& request, const ServedModelPointer& model, const Patience& patience,
                    const RequestLimits& limits, Batcher& batcher) {
  const auto begin = Clock::now();
  const auto count_failure = [&] {
    if (model) model->statistics->count_failure(Clock::now() - begin);
  };
  // One handler per type: rethrowing costs more than finding out that a body is not an image.
  try {
    return take(request, model, patience, limits, batcher);
  } catch (const http::HttpError&) {
    count_failure();
    throw;
  } catch (const Error& error) {
    count_failure();
    throw http::HttpError(400, error.what());
  } catch (...) {
    count_failure();
    std::rethrow_exception(told(std::current_exception()));
  }
}

}  // namespace focus::serve
