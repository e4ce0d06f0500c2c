#include "cli/commands.h"

#include "cli/dataset.h"

namespace focus::cli {

void add_all(CLI::App& app) {
  add_dataset_synth(*add_dataset(app));
  add_eval(app);
}

}  // namespace focus::cli
