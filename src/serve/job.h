// One image to detect in, and its result.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "explain/explanation.h"
#include "http/exchange.h"
#include "images/image.h"
#include "serve/served_model.h"

namespace focus::serve {

using http::Clock;

/// How to detect in an image.
struct Look {
  detector::DetectOptions options;
  std::optional<double> keep_ratio;  ///< none: the model's own
  bool explain = false;              ///< whether to explain where the model looked, too
  int64_t tiles = 1;  ///< also detect in tiles, this many along the longer side (detector/tiles.h)
};

/// How many images the model runs on for one image of that size: itself, and its tiles if there are several.
int64_t views_of(nn::ImageSize size, const Look& look);

/// Whether, and until when, a client waits for the answer.
struct Patience {
  Clock::time_point deadline = Clock::time_point::max();
  http::Cancelled cancelled;  ///< none: never

  /// Whether nobody waits any more.
  bool is_over(Clock::time_point now = Clock::now()) const {
    return (cancelled && cancelled->load()) || now >= deadline;
  }
  /// Throws HttpError 503 if nobody waits any more.
  void require() const;
};

struct Job {
  ServedModelPointer model;  ///< as it was when the request arrived; its categories name the detections
  images::Image image;       ///< 8-bit BGR
  Look look;
  Patience patience;
  std::chrono::nanoseconds decoding{0};  ///< time it took to decode the image; for statistics
  bool alone = false;                    ///< runs in a batch of its own
};

/// The result of a job.
struct JobResult {
  std::vector<detector::Detection> detections;
  std::optional<explain::Explanation> explanation;  ///< if the job asked for it
  double queue_seconds = 0, run_seconds = 0;        ///< time in the queue; time of its whole batch
  int64_t batch = 0;                                ///< images in its batch
};

}  // namespace focus::serve
