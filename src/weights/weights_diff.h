// Two files of weights, tensor by tensor.
#pragma once

#include "weights/weights.h"

namespace focus::weights {

/// A tensor that both files have, with different values.
struct ValueDifference {
  std::string name;
  double largest = 0;   ///< Largest absolute difference; infinite if one is NaN where the other is not.
  double relative = 0;  ///< The same, divided by the largest absolute value of both.
};

struct WeightsDifference {
  std::vector<std::string> only_a, only_b;
  std::vector<std::string> shapes;   ///< "name: [80, 256] and [3, 256]"
  std::vector<std::string> types;    ///< "name: float and half"
  std::vector<std::string> options;  ///< "model.classes: 80 and 3", if both are model files
  std::vector<ValueDifference> values;
  int64_t equal = 0;  ///< Tensors with the same shape, type and values.

  bool none() const {
    return only_a.empty() && only_b.empty() && shapes.empty() && types.empty() && options.empty() &&
           values.empty();
  }
};

/// Compares by this project's names, so that a file and its conversion can be compared. Provenance is not
/// compared.
WeightsDifference compare(const Weights& a, const Weights& b);

nlohmann::json to_json(const WeightsDifference& difference);
std::string to_text(const WeightsDifference& difference);

}  // namespace focus::weights
