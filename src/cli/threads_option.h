// --threads: how many cores a subcommand works on.
#pragma once

#include <CLI/CLI.hpp>

#include "base/threads.h"

namespace focus::cli {

/// One thread a physical core unless said otherwise: more only compete for the same units.
struct Threads {
  int count = physical_cores();

  void add_to(CLI::App& subcommand) {
    subcommand.add_option("--threads", count, "Threads; by default one a physical core.")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
  }
};

}  // namespace focus::cli
