// Ways of running a model, by name: what `benchmark` compares.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/detector.h"

namespace focus::benchmark {

struct Engine {
  std::string_view name;
  std::string_view what;  ///< one line for --help

  /// Makes a model in evaluation mode run this way in the calling thread, until what is returned is
  /// destroyed, in the same thread. The model may stay changed: give each engine a fresh one.
  std::function<std::shared_ptr<void>(models::Detector& model)> set_up;

  /// The numbers it multiplies, as far as a device's peak depends on them.
  at::ScalarType multiplies = at::kFloat;
};

/// All engines, the usual one first.
const std::vector<Engine>& engines();

/// The engine of a name. Throws UsageError naming all engines if there is none.
const Engine& find_engine(std::string_view name);

}  // namespace focus::benchmark
