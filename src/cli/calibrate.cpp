// focus-detr calibrate: a model file that can run in 8 bits.
#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/named_images.h"
#include "cli/placement_option.h"
#include "cli/threads_option.h"
#include "detector/model_file.h"

namespace focus::cli {
namespace {

struct CalibrateArguments {
  std::string model;
  std::vector<std::string> inputs;
  std::string out;
  int64_t most = 100;
  std::string device = "auto";
  Threads threads;
};

void run_calibrate(const CalibrateArguments& arguments) {
  auto paths = named_images(arguments.inputs);
  const auto found = static_cast<int64_t>(paths.size());
  if (found > arguments.most) {
    // Choose evenly over the list: neighbours in a folder are often similar.
    std::vector<std::filesystem::path> chosen;
    for (int64_t i = 0; i < arguments.most; ++i) {
      chosen.push_back(paths[static_cast<size_t>(i * found / arguments.most)]);
    }
    paths = std::move(chosen);
  }
  at::set_num_threads(arguments.threads.count);
  auto loaded = detector::load_model(arguments.model);
  loaded.model->move_to(nn::parse_device(arguments.device));
  {
    Progress progress("calibrate", static_cast<int64_t>(paths.size()));
    loaded.info.calibration = detector::calibrate(
        *loaded.model, loaded.info.preprocess, paths, [&](int64_t done) { progress.update(done); },
        loaded.info.loose_images());
  }
  detector::save_model(arguments.out, *loaded.model, loaded.info);
  print_result("{}: {} convolutions calibrated on {} of {} images; run it with --precision int8\n",
               arguments.out, loaded.info.calibration.ranges.size(), paths.size(), found);
}

}  // namespace

void add_calibrate(CLI::App& app) {
  CLI::App* subcommand =
      app.add_subcommand("calibrate", "Make a model file that can run with --precision int8.");
  auto arguments = std::make_shared<CalibrateArguments>();
  subcommand
      ->add_option("images", arguments->inputs,
                   "Images like those the model will run on: files, folders or patterns.")
      ->required();
  subcommand->add_option("--model", arguments->model, "Model file.")->required();
  subcommand->add_option("--out", arguments->out, "Model file to write.")->required();
  subcommand->add_option("--max-images", arguments->most, "Most images to calibrate on.")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  add_device_option(*subcommand, arguments->device);
  arguments->threads.add_to(*subcommand);
  subcommand->callback([arguments] { run_calibrate(*arguments); });
}

}  // namespace focus::cli
