// The arguments that configure: a YAML file, then key=value, which wins.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/options.h"

namespace focus::cli {

struct ConfigArguments {
  std::string file;
  std::vector<std::string> assignments;

  /// Adds --config, and key=value as positional arguments if `positional`.
  void add_to(CLI::App& verb, bool positional = true) {
    verb.add_option("--config", file, "YAML file of options.");
    if (positional) verb.add_option("options", assignments, "Options as key=value, over those of the file.");
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
    if (!file.empty()) table.set_yaml_file(file);
    for (const auto& assignment : assignments) table.set_assignment(assignment);
  }
};

}  // namespace focus::cli
