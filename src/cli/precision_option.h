// --precision: what numbers a model multiplies when it runs.
#pragma once

#include <spdlog/fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <string>

#include "ops/precision.h"

namespace focus::cli {

inline void add_precision_option(CLI::App& verb, std::string& precision) {
  verb.add_option("--precision", precision,
                  fmt::format("Numbers the model multiplies: {}. int8 needs a calibrated model file.",
                              fmt::join(ops::precision_names(), ", ")))
      ->capture_default_str();
}

}  // namespace focus::cli
