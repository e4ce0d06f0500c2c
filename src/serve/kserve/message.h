// A request of KServe's inference protocol, version 2, independent of its transport: HTTP (http_request.h) or
// gRPC.
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

/// The value of a parameter, from JSON or InferParameter.
using Value = std::variant<bool, int64_t, double, std::string>;
using Values = std::map<std::string, Value>;

/// An input. At most one of `raw`, `elements` and `numbers` is given. They are views of bytes that the
/// request owns or was read from.
struct Input {
  std::string name;
  std::string datatype;
  std::vector<int64_t> shape;
  Values parameters = {};
  /// The whole tensor as bytes: after the JSON, or in raw_input_contents. An element of BYTES is its length
  /// in four bytes, little-endian, then its bytes.
  std::optional<std::string_view> raw = {};
  std::optional<std::vector<std::string_view>> elements =
      {};                                        ///< of BYTES: decoded base64, or bytes_contents
  std::optional<std::string_view> numbers = {};  ///< of UINT8: one byte each
  std::string fault = {};  ///< what is wrong with its data; reported only if its datatype is accepted
};

struct RequestedOutput {
  std::string name;
  Values parameters;
};

/// Not copyable: its inputs may be views of `owned`.
struct Request {
  std::string id;
  Values parameters;
  std::vector<Input> inputs;
  std::vector<RequestedOutput> outputs;  ///< empty: all
  std::list<std::string> owned;          ///< bytes that inputs are views of

  Request() = default;
  Request(Request&&) = default;
  Request& operator=(Request&&) = default;
};

}  // namespace focus::serve::kserve
