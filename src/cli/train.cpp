// focus-detr train: trains a model on a data set.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/config_arguments.h"
#include "data/formats.h"
#include "train/distributed/launcher.h"
#include "train/distributed/world.h"
#include "train/faults/replay.h"
#include "train/run.h"

namespace focus::cli {
namespace {

struct TrainArguments {
  ConfigArguments config;
  std::string data;
  std::string out;
  std::string init;
  std::string replay;
  bool resume = false;
  int processes = 1;
};

/// The arguments of this process, without --nproc.
std::vector<std::string> arguments_of_workers() {
  std::vector<std::string> words;
  std::ifstream line("/proc/self/cmdline", std::ios::binary);
  for (std::string word; std::getline(line, word, '\0');) words.push_back(word);
  std::vector<std::string> kept;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--nproc") {
      ++i;
    } else if (!words[i].starts_with("--nproc=")) {
      kept.push_back(words[i]);
    }
  }
  return kept;
}

void run_replay(const std::string& file) {
  const auto replay = train::replay(file);
  const auto& report = replay.report;
  print_result("step {}, the images with indices {} in the training set\n", replay.position.iteration,
               fmt::join(replay.images, ", "));
  for (const auto& [name, value] : report.terms) print_result("{:<20} {:.6g}\n", name, value);
  print_result("{:<20} {:.6g}\n{:<20} {:.6g}\n", "loss", report.loss, "gradient_norm", report.gradient_norm);
  print_result("{}\n", report.cause.empty() ? "all values are finite this time: the fault did not recur"
                                            : report.cause);
}

/// The value of --init. Throws UsageError if start.model= is given too.
const std::string& checked_init(const TrainArguments& arguments) {
  for (const auto& assignment : arguments.config.assignments) {
    if (assignment.starts_with("start.model=")) {
      fail_usage("train: --init and start.model= name the model to start from twice; keep one of them");
    }
  }
  return arguments.init;
}

void run_train(const TrainArguments& arguments) {
  if (!arguments.replay.empty()) return run_replay(arguments.replay);
  if (arguments.data.empty() || arguments.out.empty()) {
    fail_usage("train: --{} is needed (or --replay FILE)", arguments.data.empty() ? "data" : "out");
  }
  const auto world = train::world_from_environment();
  if (arguments.processes > 1) {
    if (!world.alone()) {
      fail_usage(
          "train: --nproc starts processes itself, but the environment shows that a launcher already did; leave "
          "--nproc out");
    }
  }
  auto options = arguments.config.read<train::RunOptions>();
  if (!arguments.init.empty()) options.start.model = checked_init(arguments);
  if (arguments.processes > 1) {
    // An error that concerns all processes is reported once.
    train::check_run(options, arguments.data, arguments.out, arguments.resume, arguments.processes);
    train::launch_processes(arguments.processes, arguments_of_workers());
    return;
  }
  const auto result = train::run_training(options, arguments.data, arguments.out, arguments.resume, world);
  if (!world.leads()) return;
  for (const auto& [name, value] : result.metrics) print_result("{:<10} {:.4f}\n", name, value);
  if (result.reason != train::StopReason::kFinished) {
    print_result("stopped at epoch {}; continue with --resume\n", result.position.epoch);
  }
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* subcommand = app.add_subcommand("train", "Train a detector on a data set.");
  auto arguments = std::make_shared<TrainArguments>();
  subcommand->add_option("--data", arguments->data,
                         fmt::format("Folder of the data set, in {} format.", data::layout_formats()));
  subcommand->add_option("--out", arguments->out, "Folder for models, checkpoints and logs.");
  subcommand->add_option(
      "--init", arguments->init,
      "Model or weights to start from, also with other classes: any file `convert` reads; sets start.model.");
  subcommand->add_flag("--resume", arguments->resume, "Continue the run in --out.");
  subcommand
      ->add_option(
          "--nproc", arguments->processes,
          "Processes that train together on this machine; torchrun, mpirun or srun can start them instead.")
      ->check(CLI::Range(1, 1024));
  subcommand->add_option("--replay", arguments->replay,
                         "Repeat a step that failed, from the fault-*.safetensors that training wrote.");
  arguments->config.add_to(*subcommand);
  subcommand->callback([arguments] { run_train(*arguments); });
}

}  // namespace focus::cli
