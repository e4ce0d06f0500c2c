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
#include "detector/layer_choice.h"
#include "detector/model_file.h"
#include "images/decode.h"
#include "ops/packed/packed_convolution.h"

namespace focus::cli {
namespace {

/// The images on which layers are chosen: a run for every part of the model, perhaps for every layer.
constexpr int64_t kChoiceImages = 8;

struct CalibrateArguments {
  std::string model;
  std::vector<std::string> inputs;
  std::string out;
  int64_t most = 100;
  double most_loss = 0.05;
  std::string device = "auto";
  Threads threads;
};

/// At most that many, evenly over the list: neighbours in a folder are often similar.
std::vector<std::filesystem::path> some_of(const std::vector<std::filesystem::path>& paths, int64_t most) {
  const auto count = static_cast<int64_t>(paths.size());
  if (count <= most) return paths;
  std::vector<std::filesystem::path> chosen;
  for (int64_t i = 0; i < most; ++i) chosen.push_back(paths[static_cast<size_t>(i * count / most)]);
  return chosen;
}

/// Chooses the layers that run in eight bits, and prints what each part of the model loses by them.
void choose_layers(detector::LoadedModel& loaded, const std::vector<std::filesystem::path>& paths,
                   double most_loss) {
  if (!ops::can_pack()) {
    print_note(
        "note: this program has no oneDNN, so no layer could be tried in eight bits; none is kept in another");
    return;
  }
  loaded.model->move_to(at::kCPU);
  const images::Preprocess preprocess(loaded.info.preprocess);
  std::vector<at::Tensor> images;
  for (const auto& path : some_of(paths, kChoiceImages)) {
    images.push_back(preprocess(images::decode_image(path, loaded.info.loose_images())).unsqueeze(0));
  }
  constexpr int64_t kSteps = 1000;
  Progress progress("choose layers", kSteps);
  auto& calibration = loaded.info.calibration;
  const auto choice =
      detector::choose_layers(*loaded.model, calibration.ranges, images, most_loss,
                              [&](double done) { progress.update(static_cast<int64_t>(done * kSteps)); });
  progress.finish();
  calibration.kept = choice.kept;
  if (choice.loss_of_all < 0) {
    print_result(
        "nothing is detected on {} images in float32, so no layer could be tried: all run in eight bits\n",
        images.size());
    return;
  }
  print_result("{:<26} {:>7} {:>7} {:>7}\n", "in eight bits alone", "layers", "kept", "loss");
  for (const auto& part : choice.parts) {
    print_result("{:<26} {:>7} {:>7} {:>7.4f}\n", part.name, part.layers, part.kept, part.loss);
  }
  print_result("{:<26} {:>7} {:>7} {:>7.4f}\n", "none", "", "", choice.loss_of_none);
  print_result("{:<26} {:>7} {:>7} {:>7.4f}\n", "all", "", 0, choice.loss_of_all);
  if (!choice.kept.empty()) {
    print_result("{:<26} {:>7} {:>7} {:>7.4f}\n", "all but those kept", "", choice.kept.size(), choice.loss);
  }
}

void run_calibrate(const CalibrateArguments& arguments) {
  const auto all = named_images(arguments.inputs);
  const auto paths = some_of(all, arguments.most);
  at::set_num_threads(arguments.threads.count);
  auto loaded = detector::load_model(arguments.model);
  loaded.model->move_to(nn::parse_device(arguments.device));
  {
    Progress progress("calibrate", static_cast<int64_t>(paths.size()));
    loaded.info.calibration = detector::calibrate(
        *loaded.model, loaded.info.preprocess, paths, [&](int64_t done) { progress.update(done); },
        loaded.info.loose_images());
  }
  choose_layers(loaded, paths, arguments.most_loss);
  detector::save_model(arguments.out, *loaded.model, loaded.info);
  print_result("{}: {} convolutions calibrated on {} of {} images; run it with --precision int8\n",
               arguments.out, loaded.info.calibration.ranges.size(), paths.size(), all.size());
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
  subcommand
      ->add_option(
          "--most-loss", arguments->most_loss,
          "Most that eight bits may change of what is detected, beyond what bf16 or float32 changes, 0 to 1: "
          "while they change more, the layers that change most are kept in those.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_device_option(*subcommand, arguments->device);
  arguments->threads.add_to(*subcommand);
  subcommand->callback([arguments] { run_calibrate(*arguments); });
}

}  // namespace focus::cli
