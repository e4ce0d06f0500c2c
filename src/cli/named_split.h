// Splits that are named on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace focus::cli {

/// Refuses an empty name, which would be taken for none.
inline CLI::Validator named_split() {
  return {[](std::string& split) {
            return split.empty() ? "is empty; name a split, such as train" : std::string();
          },
          "", "named split"};
}

}  // namespace focus::cli
