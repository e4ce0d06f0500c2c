// --device and --precision: where a model runs, and what numbers it multiplies there.
#pragma once

#include <spdlog/fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <string>

#include "base/error.h"
#include "detector/placement.h"
#include "nn/device.h"
#include "ops/precision.h"

namespace focus::cli {

inline void add_device_option(CLI::App& verb, std::string& device) {
  verb.add_option("--device", device,
                  "Where the model runs: cpu, cuda, cuda:N, or auto, a GPU where there is one.")
      ->check(CLI::Validator(
          [](const std::string& name) -> std::string {
            try {
              nn::parse_device(name);
              return "";
            } catch (const UsageError& error) {
              return error.what();
            }
          },
          ""))
      ->capture_default_str();
}

struct PlacementOption {
  std::string device = "auto", precision = "fp32";

  void add_to(CLI::App& verb) {
    add_device_option(verb, device);
    verb.add_option("--precision", precision,
                    fmt::format("Numbers the model multiplies: {}. int8 needs a calibrated model file.",
                                fmt::join(ops::precision_names(), ", ")))
        ->check(CLI::IsMember(ops::precision_names()))
        ->capture_default_str();
  }

  detector::Placement placement() const {
    return {nn::parse_device(device), ops::parse_precision(precision)};
  }
};

}  // namespace focus::cli
