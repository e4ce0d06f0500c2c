#include "cli/commands.h"

#include "cli/dataset.h"

namespace focus::cli {

void add_all(CLI::App& app) {
  add_dataset_synth(*add_dataset(app));
  add_train(app);
  add_eval(app);
  add_detect(app);
  add_trace(app);
  add_options(app);
}

}  // namespace focus::cli
