// An answer of KServe's protocol.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serve/kserve/tensors.h"

namespace focus::serve::kserve {

struct Response {
  std::string model_name, model_version;
  std::string id;  ///< of the request; empty: none
  std::vector<Output> outputs;
  double decode_seconds = 0, queue_seconds = 0, run_seconds = 0;  ///< for metrics
};

/// A body, and how much of it is JSON if binary tensors follow: the header Inference-Header-Content-Length,
/// with the type application/octet-stream. Else all of it is JSON.
struct HttpAnswer {
  std::string body;
  std::optional<size_t> json_bytes;
};
HttpAnswer write_http_response(const Response& response);

}  // namespace focus::serve::kserve
