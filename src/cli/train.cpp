// focus-detr train: a data set becomes a model.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/config_arguments.h"
#include "train/run.h"

namespace focus::cli {
namespace {

struct TrainArguments {
  ConfigArguments config;
  std::string data;
  std::string out;
  std::string init;
  bool resume = false;
};

void run_train(const TrainArguments& arguments) {
  auto options = arguments.config.read<train::RunOptions>();
  if (!arguments.init.empty()) options.start.model = arguments.init;
  const auto result = train::run_training(options, arguments.data, arguments.out, arguments.resume);
  for (const auto& [name, value] : result.metrics) fmt::print("{:<10} {:.4f}\n", name, value);
  if (result.reason != train::StopReason::kFinished) {
    fmt::print("stopped at epoch {}; continue with --resume\n", result.position.epoch);
  }
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("train", "Train a detector on a COCO-format data set.");
  auto arguments = std::make_shared<TrainArguments>();
  verb->add_option("--data", arguments->data, "Folder of the data set: annotations/ and images/.")
      ->required();
  verb->add_option("--out", arguments->out, "Folder for models, checkpoints and logs.")->required();
  verb->add_option("--init", arguments->init,
                   "Model or weights to start from, also of other classes: any file `convert` reads; sets "
                   "start.model.");
  verb->add_flag("--resume", arguments->resume, "Continue the run in --out.");
  arguments->config.add_to(*verb);
  verb->callback([arguments] { run_train(*arguments); });
}

}  // namespace focus::cli
