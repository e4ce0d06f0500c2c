// The messages of inference: ModelInferRequest and ModelInferResponse (inference.proto).
#pragma once

#include <string>
#include <string_view>

#include "serve/kserve/request.h"
#include "serve/kserve/response.h"

namespace focus::serve::grpc {

/// Most inputs, outputs, parameters, elements and pieces of raw contents of a request, together.
constexpr size_t kMostParts = 10000;

struct InferMessage {
  std::string model_name, model_version;
  kserve::Request request;
};

/// Reads a ModelInferRequest. No more memory is taken than `message` has bytes, whatever it says.
/// @param message lives longer than what is returned
/// Throws HttpError 400 naming the field and what is wrong with it: damaged, raw contents beside contents or
/// of another number than the inputs, contents of another type than the input's, parameters without a value,
/// texts that are not UTF-8, too many parts.
InferMessage read_infer_request(std::string_view message);

/// A ModelInferResponse: every output's values in raw_output_contents, an empty one for no values, which is
/// where Triton's clients look.
std::string write_infer_response(const kserve::Response& response);

/// ModelReadyRequest, ModelMetadataRequest, ModelConfigRequest, ModelStatisticsRequest: a model's name and
/// version.
struct ModelQuestion {
  std::string name, version;
};
/// Throws HttpError 400.
ModelQuestion read_model_question(std::string_view message);

}  // namespace focus::serve::grpc
