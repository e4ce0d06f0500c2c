// --threshold and --max-detections: which detections are reported.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace focus::cli {

struct DetectionOptions {
  double threshold = 0.3;
  int64_t max_detections = 100;

  void add_to(CLI::App& subcommand) {
    subcommand.add_option("--threshold", threshold, "Lowest score of a detection to report.")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    subcommand.add_option("--max-detections", max_detections, "Most detections per image.")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
  }
};

}  // namespace focus::cli
