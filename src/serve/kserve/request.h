// The meaning of a request of KServe's protocol.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "serve/image_request.h"
#include "serve/kserve/message.h"
#include "serve/take_jobs.h"

namespace focus::serve::kserve {

/// A requested output.
struct OutputChoice {
  size_t output = 0;    ///< index into output_specs()
  bool binary = false;  ///< over HTTP: sent after the JSON
};

/// A valid request.
struct Inference {
  ImageRequest images;  ///< views of the request's bytes
  std::vector<OutputChoice> outputs;
  std::optional<std::chrono::microseconds> timeout;  ///< the client's own
};

/// Interprets a request with one input "image": encoded images as BYTES [N], or RGB pixels as UINT8 [H, W, 3]
/// or [N, H, W, 3]. Parameters: those of read_look, binary_data_output, timeout in microseconds; priority,
/// sequence_id and the like are accepted without effect. Throws HttpError 400 saying what is wrong, 413 for
/// too many or too large images.
Inference understand(const Request& request, const RequestLimits& limits);

}  // namespace focus::serve::kserve
