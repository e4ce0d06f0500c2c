#include "cli/commands.h"

#include "cli/dataset.h"
#include "cli/model.h"

namespace focus::cli {

void add_all(CLI::App& app) {
  auto* dataset = add_dataset(app);
  add_dataset_convert(*dataset);
  add_dataset_synth(*dataset);
  add_train(app);
  add_ablate(app);
  add_eval(app);
  add_detect(app);
  add_explain(app);
  add_serve(app);
  add_benchmark(app);
  add_calibrate(app);
  add_trace(app);
  add_convert(app);
  add_export(app);
  add_model_diff(*add_model(app));
  add_options(app);
  add_doctor(app);
}

}  // namespace focus::cli
