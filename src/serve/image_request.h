// What a client asks for: images, and how to look at them.
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

/// Most detections of an image that may be asked for.
constexpr int64_t kMostDetections = 100000;

/// What a body that is an image itself is called.
constexpr const char* kBody = "body";

/// An image as a client sent it. Its bytes belong to the request.
struct SentImage {
  std::string name;                     ///< the file's name as told by the client; "body" for a bare body
  std::string_view bytes;               ///< a file of any format that is read, or pixels
  std::optional<nn::ImageSize> pixels;  ///< of this size, red, green and blue, row by row; none: a file
};

struct ImageRequest {
  std::vector<SentImage> images;  ///< in the order sent; at least one
  Look look;
};

/// How to look, from parameters threshold (0..1; 0.3 unless told), max (1..), keep (0.001..1) and tiles
/// (1..8), each at most once. Throws HttpError 400 that names the parameter: unknown, repeated, out of range,
/// or tiles of an image to be explained.
Look read_look(const http::Parameters& parameters, bool explain);

/// Reads a body that is one image. Throws HttpError 400.
ImageRequest read_image_request(std::string_view body, const http::Parameters& query, bool explain);

/// Reads a form: a part with a file name is an image; without one it is the parameter of its name, which the
/// query must not give otherwise; else an image if its bytes are one. Throws HttpError 400 naming the part or
/// parameter.
ImageRequest read_image_request(const std::vector<http::Part>& parts, const http::Parameters& query,
                                bool explain);

/// Whether bytes begin as an image, of a format that is read, or as a file that is known not to be one. Takes
/// no longer for more bytes.
bool is_image(std::string_view bytes);

/// Most parts that read_form need accept for so many images.
size_t most_parts(int64_t max_images);

}  // namespace focus::serve
