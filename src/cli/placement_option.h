// --device and --precision: where a model runs, and in which number format.
#pragma once

#include <spdlog/fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <string>

#include "base/error.h"
#include "detector/placement.h"
#include "nn/device.h"
#include "ops/packed/precision.h"

namespace focus::cli {

/// Checks a value with the function that will parse it, so that its message is shown before any file is
/// opened.
template <typename Parse>
CLI::Validator known_by(const Parse& parse) {
  return {[parse](const std::string& text) -> std::string {
            try {
              parse(text);
              return "";
            } catch (const UsageError& error) {
              return error.what();
            }
          },
          ""};
}

inline void add_device_option(CLI::App& subcommand, std::string& device) {
  subcommand
      .add_option("--device", device,
                  "Where the model runs: cpu, cuda, cuda:N, or auto (a GPU if there is one).")
      ->check(known_by([](const std::string& name) { nn::parse_device(name); }))
      ->capture_default_str();
}

struct PlacementOption {
  std::string device = "auto", precision = "fp32";

  void add_to(CLI::App& subcommand) {
    add_device_option(subcommand, device);
    subcommand
        .add_option(
            "--precision", precision,
            fmt::format("Number format the model computes in: {}. int8 needs a calibrated model file.",
                        fmt::join(ops::precision_names(), ", ")))
        ->check(known_by([](const std::string& name) { ops::parse_precision(name); }))
        ->capture_default_str();
  }

  detector::Placement placement() const {
    return {nn::parse_device(device), ops::parse_precision(precision)};
  }
};

}  // namespace focus::cli
