// The input and output tensors of a model in KServe's protocol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serve/kserve/request.h"

namespace focus::serve::kserve {

/// A tensor as described in metadata. Variable dimensions are -1.
struct TensorSpec {
  const char* name;
  const char* datatype;     ///< "FP32"
  const char* config_type;  ///< the same in a model's configuration: "TYPE_FP32"
  std::vector<int64_t> shape;
};

/// "image" BYTES [-1].
const std::vector<TensorSpec>& input_specs();
/// For N images, padded to the most detections of any, K: "counts" INT64 [N]; "boxes" FP32 [N, K, 4], x1, y1,
/// x2, y2 in pixels; "scores" FP32 [N, K]; "category_ids" INT64 [N, K], padded with -1.
const std::vector<TensorSpec>& output_specs();

/// An output with its values, row by row.
struct Output {
  const TensorSpec* spec = nullptr;
  std::vector<int64_t> shape;
  std::variant<std::vector<int64_t>, std::vector<float>> values;
  bool binary = false;

  /// The values in little-endian bytes, as in raw_output_contents and binary data. Empty for no values.
  std::string_view bytes() const;
};

/// The requested outputs, in the order requested.
std::vector<Output> make_outputs(const std::vector<OutputChoice>& choices,
                                 const std::vector<JobResult>& results,
                                 const std::vector<data::Category>& categories);

}  // namespace focus::serve::kserve
