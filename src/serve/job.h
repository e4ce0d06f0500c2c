// One image to look at, and what is said to it.
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

/// How to look at an image.
struct Look {
  detector::DetectOptions options;
  std::optional<double> keep_ratio;  ///< none: the model's own
  bool explain = false;              ///< whether to tell where the model looked, too
  int64_t tiles = 1;  ///< parts to look at as well, so many along the longer side (detector/tiles.h)
};

/// Images the model has to look at for one of that size: itself, and its tiles if there are several.
int64_t views_of(nn::ImageSize size, const Look& look);

/// Until when, and whether, somebody waits for an answer.
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
  ServedModelPointer model;  ///< of the moment the request was taken; its categories name what it finds
  images::Image image;       ///< 8-bit BGR
  Look look;
  Patience patience;
  std::chrono::nanoseconds decoding{0};  ///< that the image took; for statistics
  bool alone = false;                    ///< neither waits for others to share a batch with, nor shares one
};

/// What the model says to a job.
struct JobResult {
  std::vector<detector::Detection> detections;
  std::optional<explain::Explanation> explanation;  ///< if the job asked for it
  double queue_seconds = 0, run_seconds = 0;        ///< waiting; the whole batch it was in
  int64_t batch = 0;                                ///< images that the model was given together, at most
};

}  // namespace focus::serve
