// What a request of KServe's protocol asks for.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "serve/image_request.h"
#include "serve/kserve/message.h"
#include "serve/take_jobs.h"

namespace focus::serve::kserve {

/// An output that was asked for.
struct OutputChoice {
  size_t output = 0;    ///< index into output_specs()
  bool binary = false;  ///< over HTTP: behind the JSON
};

/// A request that can be answered.
struct Inference {
  ImageRequest images;  ///< whose bytes are the request's
  std::vector<OutputChoice> outputs;
  std::optional<std::chrono::microseconds> timeout;  ///< the client's own
};

/// Understands a request: one input "image", BYTES [N], encoded images, or UINT8 [H, W, 3] or [N, H, W, 3],
/// RGB pixels. Parameters: those of read_look, binary_data_output, timeout in microseconds; and those of
/// which nothing follows here (priority, sequence_id and its kind). Throws HttpError 400 naming what is
/// wrong, 413 for too many or too large images.
Inference understand(const Request& request, const RequestLimits& limits);

}  // namespace focus::serve::kserve
