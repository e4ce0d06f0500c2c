// The messages of inference: ModelInferRequest and ModelInferResponse (inference.proto).
#pragma once

#include <string>
#include <string_view>

#include "serve/kserve/request.h"
#include "serve/kserve/response.h"

namespace focus::serve::grpc {

/// Most inputs, outputs, parameters, elements and pieces of raw contents of a request, counted together.
constexpr size_t kMostParts = 10000;

struct InferMessage {
  std::string model_name, model_version;
  kserve::Request request;
};

/// Reads a ModelInferRequest. Takes memory only in proportion to the bytes of `message`, whatever sizes it
/// states.
/// @param message must outlive the result
/// Throws HttpError 400 naming the field and what is wrong with it: damaged bytes, both contents and raw
/// contents, not one raw contents per input, contents of a type the input cannot have, parameters without a
/// value, texts that are not UTF-8, too many parts.
InferMessage read_infer_request(std::string_view message);

/// Writes a ModelInferResponse. The values of each output are in raw_output_contents (empty for no values),
/// where Triton's clients read them.
std::string write_infer_response(const kserve::Response& response);

/// The name and version of a model, as in ModelReadyRequest, ModelMetadataRequest, ModelConfigRequest and
/// ModelStatisticsRequest.
struct ModelQuestion {
  std::string name, version;
};
/// Throws HttpError 400.
ModelQuestion read_model_question(std::string_view message);

}  // namespace focus::serve::grpc
