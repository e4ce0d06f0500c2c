// A response of KServe's protocol.
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

/// A body. If binary tensors follow the JSON, `json_bytes` is the length of the JSON, for the header
/// Inference-Header-Content-Length, and the type is application/octet-stream. Otherwise all of it is JSON.
struct HttpAnswer {
  std::string body;
  std::optional<size_t> json_bytes;
};
HttpAnswer write_http_response(const Response& response);

}  // namespace focus::serve::kserve
