// From images as sent to jobs that have room in the queue.
#pragma once

#include <string>
#include <vector>

#include "serve/batcher.h"
#include "serve/image_request.h"

namespace focus::serve {

/// Bounds on what a client may ask for.
struct RequestLimits {
  int64_t max_images = 16;                ///< a request
  int64_t max_pixels = int64_t{1} << 26;  ///< an image
};

/// A request on its way into the queue: Batcher::submit takes `reservation` and `jobs`.
struct TakenJobs {
  Batcher::Reservation reservation;
  std::vector<Job> jobs;
  std::vector<std::string> part_read;  ///< of each image: what of its file is not read, mostly nothing
  double decode_seconds = 0;           ///< all of them
};

/// Decodes the images once there is room for them, which their headers tell. Throws HttpError: 400 for what
/// is no image, 413 for too many or too large ones, 503 if the queue is full, memory is short, or nobody
/// waits any more, which is looked at between images. Counts what fails in the model's statistics.
TakenJobs take_jobs(const ImageRequest& request, const ServedModelPointer& model, const Patience& patience,
                    const RequestLimits& limits, Batcher& batcher);

}  // namespace focus::serve
