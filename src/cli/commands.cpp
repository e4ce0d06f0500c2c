#include "cli/commands.h"

#include "cli/dataset.h"
#include "cli/left_out.h"
#include "cli/model.h"

namespace focus::cli {
namespace {

/// The subcommands that read image files or draw.
void add_with_opencv(CLI::App& app, CLI::App& dataset) {
#ifdef FOCUS_DETR_OPENCV
  add_dataset_synth(dataset);
  add_detect(app);
  add_explain(app);
  add_serve(app);
  add_calibrate(app);
  add_export(app);
#else
  add_left_out(dataset, "synth", "dataset ");
  for (const char* subcommand : {"detect", "explain", "serve", "calibrate", "export"})
    add_left_out(app, subcommand);
#endif
}

}  // namespace

void add_all(CLI::App& app) {
  auto* dataset = add_dataset(app);
  add_dataset_convert(*dataset);
  add_dataset_import(*dataset);
  add_dataset_split(*dataset);
  add_dataset_pack(*dataset);
  add_train(app);
  add_ablate(app);
  add_eval(app);
  add_with_opencv(app, *dataset);
  add_benchmark(app);
  add_trace(app);
  add_convert(app);
  add_model_diff(*add_model(app));
  add_options(app);
  add_doctor(app);
}

}  // namespace focus::cli
