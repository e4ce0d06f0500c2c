// A request of KServe's inference protocol, version 2, whatever carried it: HTTP (http_request.h) or gRPC.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serve/image_request.h"
#include "serve/take_jobs.h"

namespace focus::serve::kserve {

/// A parameter's value, as JSON or InferParameter has it.
using Value = std::variant<bool, int64_t, double, std::string>;
using Values = std::map<std::string, Value>;

/// An input. At most one of `raw`, `elements` and `numbers` is given; the bytes they show belong to the
/// request.
struct Input {
  std::string name;
  std::string datatype;
  std::vector<int64_t> shape;
  Values parameters = {};
  /// All of it as bytes: behind the JSON, or in raw_input_contents. An element of BYTES is its length in four
  /// bytes, little-endian, then itself.
  std::optional<std::string_view> raw = {};
  std::optional<std::vector<std::string_view>> elements = {};  ///< of BYTES: decoded base64; bytes_contents
  std::optional<std::string_view> numbers = {};                ///< of UINT8: a byte each
  std::string fault = {};  ///< what is wrong with its data, if the datatype is one that is accepted
};

struct RequestedOutput {
  std::string name;
  Values parameters;
};

/// Not to be copied: what its inputs show may be its own.
struct Request {
  std::string id;
  Values parameters;
  std::vector<Input> inputs;
  std::vector<RequestedOutput> outputs;  ///< empty: all
  std::list<std::string> owned;          ///< bytes that inputs show

  Request() = default;
  Request(Request&&) = default;
  Request& operator=(Request&&) = default;
};

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
