// The ways of running a model that `benchmark` compares, by name.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/detector.h"
#include "nn/activation_ranges.h"

namespace focus::benchmark {

struct Engine {
  std::string_view name;
  std::string_view what;  ///< one line for --help

  /// Makes a model in evaluation mode run this way on the calling thread, until the returned object is
  /// destroyed on the same thread. The model may stay changed: give each engine a fresh one.
  /// @param quantisation for int8; without ranges it records some on noise
  std::function<std::shared_ptr<void>(models::Detector& model, const nn::Quantisation& quantisation)> set_up;

  /// The type of the numbers it multiplies, for the device's peak.
  at::ScalarType multiplies = at::kFloat;
};

/// All engines, the usual one first.
const std::vector<Engine>& engines();

/// The engine of a name. Throws UsageError naming all engines if there is none.
const Engine& find_engine(std::string_view name);

}  // namespace focus::benchmark
