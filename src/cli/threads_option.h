// --threads: how many cores a subcommand uses.
#pragma once

#include <CLI/CLI.hpp>

#include "base/threads.h"

namespace focus::cli {

/// By default one thread per physical core: more would compete for the same execution units.
struct Threads {
  int count = physical_cores();

  void add_to(CLI::App& subcommand) {
    subcommand.add_option("--threads", count, "Threads; by default one per physical core.")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
  }
};

}  // namespace focus::cli
