// The arguments that configure: a YAML file, then key=value, which wins.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/options.h"

namespace focus::cli {

/// Sets what a configuration says: a YAML file, or one that comes with the program, by name. Throws Error if
/// there is neither.
void set_config(OptionTable& table, const std::string& file_or_name);

/// Sets what a command line says as key=value, each option once. Throws UsageError.
void set_assignments(OptionTable& table, const std::vector<std::string>& assignments);

struct ConfigArguments {
  std::string file;
  std::vector<std::string> assignments;

  /// Adds --config, and key=value as positional arguments if `positional`.
  void add_to(CLI::App& subcommand, bool positional = true) {
    subcommand.add_option(
        "--config", file,
        "YAML file of options, or the name of one that comes with the program: focus_detr_r50.");
    if (positional)
      subcommand.add_option("options", assignments, "Options as key=value, over those of the file.");
  }

  template <typename Options>
  Options read() const {
    Options options;
    apply(options);
    return options;
  }

  /// Sets what was configured and leaves everything else as it is.
  template <typename Options>
  void apply(Options& options) const {
    OptionTable table;
    options.describe(table);
    if (!file.empty()) set_config(table, file);
    set_assignments(table, assignments);
  }
};

}  // namespace focus::cli
