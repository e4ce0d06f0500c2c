// focus-detr trace: writes every stage of a forward pass as tensors.
#include <CLI/CLI.hpp>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/config_arguments.h"
#include "cli/placement_option.h"
#include "detector/trace_run.h"
#include "io/safetensors/safetensors.h"
#include "train/run.h"

namespace focus::cli {
namespace {

struct TraceArguments {
  ConfigArguments config;
  std::string model;
  std::string input;
  std::string out;
  std::string dtype = "float64";
  std::string device = "cpu";
  bool quirks = false;
};

/// Loads a model file, or bare tensors with the options of a configuration.
detector::LoadedModel load(const TraceArguments& arguments) {
  if (arguments.config.file.empty() && arguments.config.assignments.empty()) {
    return detector::load_model(arguments.model);
  }
  const auto options = arguments.config.read<train::RunOptions>();
  detector::ModelInfo info{options.model, options.preprocess, {}, {}};
  for (int64_t i = 0; i < options.model.classes; ++i)
    info.categories.push_back({i, fmt::format("class {}", i)});
  return detector::load_tensors(arguments.model, std::move(info));
}

void run_trace(const TraceArguments& arguments) {
  auto loaded = load(arguments);
  if (arguments.quirks) loaded.model->set_quirks(models::ReferenceQuirks::all());
  loaded.model->move_to(nn::parse_device(arguments.device));
  const auto input = io::read_safetensors(arguments.input);
  const auto dtype = arguments.dtype == "float64" ? at::kDouble : at::kFloat;
  io::TensorFile traced;
  try {
    traced = detector::trace(loaded, input, dtype);
  } catch (const Error& error) {
    fail("{}: {}", arguments.input, error.what());
  }
  io::write_safetensors(arguments.out, traced);
  print_result("{}: {} tensors\n", arguments.out, traced.tensors.size());
}

}  // namespace

void add_trace(CLI::App& app) {
  CLI::App* subcommand =
      app.add_subcommand("trace", "Run a model on raw pixels and write every stage as tensors.");
  auto arguments = std::make_shared<TraceArguments>();
  subcommand->add_option("--model", arguments->model, "Model file, or bare tensors together with --config.")
      ->required();
  subcommand
      ->add_option(
          "--input", arguments->input,
          "Safetensors with 'images' (N,3,H,W; u8 or f32, 0..255, RGB) and 'sizes' (N,2; height, width).")
      ->required();
  subcommand->add_option("--out", arguments->out, "Safetensors to write.")->required();
  subcommand
      ->add_option("--dtype", arguments->dtype,
                   "Arithmetic: float64 (hardly any rounding) or float32 (as in normal use).")
      ->check(CLI::IsMember({"float64", "float32"}))
      ->capture_default_str();
  add_device_option(*subcommand, arguments->device);
  subcommand->add_flag("--quirks", arguments->quirks,
                       "Reproduce the defects of the reference implementation.");
  arguments->config.add_to(*subcommand);
  subcommand->callback([arguments] { run_trace(*arguments); });
}

}  // namespace focus::cli
