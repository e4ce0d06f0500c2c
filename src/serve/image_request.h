// A client's request: images, and how to detect in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/multipart.h"
#include "serve/job.h"

namespace focus::serve {

/// Most tiles along an image.
constexpr int64_t kMostTiles = 8;

/// Most detections per image that a client may ask for.
constexpr int64_t kMostDetections = 100000;

/// The name of an image that is the whole body.
constexpr const char* kBody = "body";

/// An image as a client sent it. Its bytes are a view of the request.
struct SentImage {
  std::string name;        ///< the file name that the client sent; "body" if the image is the whole body
  std::string_view bytes;  ///< an encoded image file, or pixels
  std::optional<nn::ImageSize> pixels;  ///< the size of raw RGB pixels, stored row by row; none: a file
};

struct ImageRequest {
  std::vector<SentImage> images;  ///< in the order sent; at least one
  Look look;
};

/// Reads the parameters threshold (0..1; default 0.3), max (1..), keep (0.001..1) and tiles (1..8), each at
/// most once. Throws HttpError 400 that names the parameter if it is unknown, repeated or out of range, or is
/// `tiles` for an image to be explained.
Look read_look(const http::Parameters& parameters, bool explain);

/// Reads a body that is one image. Throws HttpError 400.
ImageRequest read_image_request(std::string_view body, const http::Parameters& query, bool explain);

/// Reads a form. A part with a file name is an image. One without is a parameter if it has the name of one
/// (the query must not give another value); else an image if its bytes are. Throws HttpError 400 naming the
/// part or parameter.
ImageRequest read_image_request(const std::vector<http::Part>& parts, const http::Parameters& query,
                                bool explain);

/// Whether the bytes begin like an image of a supported format, or like a file of a known other format, for
/// which decoding gives a better error. Takes constant time.
bool is_image(std::string_view bytes);

/// The number of parts that read_form must accept for that many images.
size_t most_parts(int64_t max_images);

}  // namespace focus::serve
