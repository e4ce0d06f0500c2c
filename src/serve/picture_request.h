// What a client asks for: pictures, and how to look at them.
#pragma once

#include <httplib.h>

#include <functional>
#include <string>
#include <vector>

#include "serve/batcher.h"

namespace focus::serve {

/// Most tiles along a picture: the time that one place in the queue takes stays bounded.
constexpr int64_t kMostTiles = 8;

/// Bounds on what a client may ask for.
struct RequestLimits {
  int64_t max_pictures = 16;              ///< a request
  int64_t max_pixels = int64_t{1} << 26;  ///< a picture
};

/// A picture of a request.
struct NamedJob {
  std::string name;  ///< the file's name as told by the client; "body" for a bare body
  Job job;
  std::string part_read;  ///< what of the file is not read (PictureHeader::part_read), else empty
};

/// Told how many pictures a request has before any is decoded; throws if they have no room.
using Admit = std::function<void(int64_t pictures)>;

/// The pictures of a request, decoded: its body, or each file of multipart/form-data. Query parameters
/// threshold (0..1), max (1..), keep (0.001..1) and tiles (1..8) say how to look at all of them. Throws
/// HttpError: 400 for what is no picture or parameter, 413 for too many or too large ones, which their
/// headers tell.
std::vector<NamedJob> read_pictures(const httplib::Request& request, const RequestLimits& limits,
                                    const Admit& admit);

/// A picture from memory within the limits; `name` is for errors, `part_read` as of decode_image. Throws
/// HttpError.
data::Image decode_picture(const std::string& bytes, const std::string& name, const RequestLimits& limits,
                           std::string* part_read = nullptr);

/// Options from query parameters or their equals: threshold 0.3 and the model's own limits unless told.
/// Throws HttpError 400 naming the parameter.
Job job_with(const std::string& threshold, const std::string& most, const std::string& keep,
             const std::string& tiles);

}  // namespace focus::serve
