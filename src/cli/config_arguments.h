// Arguments that set options: a YAML file, then key=value, which overrides the file.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/options.h"

namespace focus::cli {

/// Sets the options of a configuration: a YAML file, or the name of one that comes with the program. Throws
/// Error if there is neither.
void set_config(OptionTable& table, const std::string& file_or_name);

/// Sets the options given as key=value. Throws UsageError, also for an option given twice.
void set_assignments(OptionTable& table, const std::vector<std::string>& assignments);

struct ConfigArguments {
  std::string file;
  std::vector<std::string> assignments;

  /// Adds --config, and key=value as positional arguments if `positional`.
  void add_to(CLI::App& subcommand, bool positional = true) {
    subcommand.add_option(
        "--config", file,
        "YAML file of options, or the name of one that comes with the program, such as focus_detr_r50.");
    if (positional)
      subcommand.add_option("options", assignments, "Options as key=value; they override the file.");
  }

  template <typename Options>
  Options read() const {
    Options options;
    apply(options);
    return options;
  }

  /// Sets the configured options and leaves all others as they are.
  template <typename Options>
  void apply(Options& options) const {
    OptionTable table;
    options.describe(table);
    if (!file.empty()) set_config(table, file);
    set_assignments(table, assignments);
  }
};

}  // namespace focus::cli
