// Names of splits on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace focus::cli {

/// Rejects an empty name, which would be read as no name at all.
inline CLI::Validator named_split() {
  return {[](std::string& split) {
            return split.empty() ? "is empty; name a split, such as train" : std::string();
          },
          "", "named split"};
}

/// --splits of subcommands that write a data set.
inline void add_splits_option(CLI::App& subcommand, std::vector<std::string>& splits) {
  subcommand
      .add_option("--splits", splits,
                  "Splits to write, separated by commas; by default those of train, val and test that exist.")
      ->delimiter(',')
      ->check(named_split());
}

}  // namespace focus::cli
