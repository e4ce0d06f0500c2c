// A request of KServe's inference protocol, version 2, whatever carried it: HTTP (http_request.h) or gRPC.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

}  // namespace focus::serve::kserve
