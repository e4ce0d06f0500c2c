// --keep: how many tokens the encoder works on, chosen when a model runs.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "models/detector.h"

namespace focus::cli {

inline constexpr const char* kKeepHelp =
    "Fraction of an image's tokens to treat as foreground, instead of the model's own; lower is faster.";

inline void add_keep_option(CLI::App& subcommand, std::optional<double>& keep) {
  subcommand.add_option("--keep", keep, kKeepHelp)
      ->check(CLI::Range(models::FocusOptions::kLeastKeepRatio, 1.0));
}

inline void apply_keep(models::Detector& model, const std::optional<double>& keep) {
  if (keep) model.set_keep_ratio(*keep);
}

}  // namespace focus::cli
