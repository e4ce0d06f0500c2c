// The tensors of KServe's inference protocol, version 2, with Triton's extension for binary data.
// https://github.com/kserve/kserve/blob/master/docs/predict-api/v2/required_api.md
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "detector/detector.h"
#include "serve/picture_request.h"

namespace focus::serve {

/// A request as the protocol's clients send it.
///   input "image", BYTES [N]: N encoded pictures, base64 in JSON or binary; or UINT8 [H, W, 3] or [N, H, W,
///   3]: RGB pixels. parameters "threshold", "max", "keep", "tiles": as of /v1/detect.
struct InferRequest {
  std::string id;  ///< repeated in the answer; empty: none
  std::vector<Job> jobs;
  bool binary_output = false;
};

/// @param json_bytes how much of `body` is JSON (header Inference-Header-Content-Length); none: all of it.
/// Throws HttpError 400 naming what is wrong, 413 for what is too large, and what `admit` throws.
InferRequest read_infer_request(const std::string& body, const std::optional<std::string>& json_bytes,
                                const RequestLimits& limits, const Admit& admit);

/// An answer, and how much of it is JSON if binary tensors follow.
struct InferResponse {
  std::string body;
  std::optional<size_t> json_bytes;
};

/// Outputs for N pictures, padded to the most detections of any, K:
///   "counts" INT64 [N]; "boxes" FP32 [N, K, 4], x1, y1, x2, y2 in pixels; "scores" FP32 [N, K];
///   "category_ids" INT64 [N, K], -1 behind the last.
InferResponse write_infer_response(const InferRequest& request, const std::string& model,
                                   const std::vector<std::vector<detector::Detection>>& found,
                                   const std::vector<data::Category>& categories);

/// Metadata of a model: its inputs and outputs.
nlohmann::json kserve_model(const std::string& name);

}  // namespace focus::serve
