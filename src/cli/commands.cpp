#include "cli/commands.h"

#include <CLI/CLI.hpp>

#include "cli/dataset.h"

namespace focus::cli {

void add_all(CLI::App& app) {
  CLI::App* dataset = app.add_subcommand("dataset", "Draw and inspect data sets.");
  dataset->require_subcommand(1);
  add_dataset_synth(*dataset);
  add_eval(app);
}

}  // namespace focus::cli
