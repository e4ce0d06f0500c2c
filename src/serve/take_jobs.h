// Turns received images into jobs with room in the queue.
#pragma once

#include <string>
#include <vector>

#include "serve/batcher.h"
#include "serve/image_request.h"

namespace focus::serve {

/// Limits on requests.
struct RequestLimits {
  int64_t max_images = 16;                ///< per request
  int64_t max_pixels = int64_t{1} << 26;  ///< per image
};

/// A request ready for the queue: pass `reservation` and `jobs` to Batcher::submit.
struct TakenJobs {
  Batcher::Reservation reservation;
  std::vector<Job> jobs;
  std::vector<std::string> part_read;  ///< per image: a note if a part of its file was not read; mostly empty
  double decode_seconds = 0;           ///< of all images
};

/// Reserves room by the sizes in the images' headers, then decodes them. Throws HttpError: 400 for a file
/// that is not an image, 413 for too many or too large images, 503 if the queue is full, memory is short, or
/// nobody waits any more (checked between images). Counts failures in the model's statistics.
TakenJobs take_jobs(const ImageRequest& request, const ServedModelPointer& model, const Patience& patience,
                    const RequestLimits& limits, Batcher& batcher);

}  // namespace focus::serve
