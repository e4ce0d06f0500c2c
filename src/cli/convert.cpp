// focus-detr convert: turns weights of other programs into a model file, or a model into the reference's
// state dict.
#include "weights/convert.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "cli/commands.h"
#include "cli/config_arguments.h"
#include "io/pytorch/pytorch_writer.h"
#include "train/run.h"

namespace focus::cli {
namespace {

namespace fs = std::filesystem;

struct ConvertArguments {
  ConfigArguments config;
  std::string in;
  std::string out;
  std::string from;
  std::string classes;
  std::string key;
  bool partly = false;
};

/// Reads one name per line; skips empty lines.
std::vector<std::string> read_names(const std::string& path) {
  constexpr uint64_t kMostBytes = 16 << 20;
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::istringstream text(read_file(path, kMostBytes));
  for (std::string line; std::getline(text, line);) {
    const auto last = line.find_last_not_of(" \t\r");
    if (last == std::string::npos) continue;
    const auto first = line.find_first_not_of(" \t");
    const auto name = line.substr(first, last - first + 1);
    if (!seen.insert(name).second) fail("{}: class {} is named twice", path, in_quotes(name));
    names.push_back(name);
  }
  if (names.empty()) fail("{}: no class names; write one per line", path);
  return names;
}

void run_convert(const ConvertArguments& arguments) {
  const auto ending = fs::path(arguments.out).extension();
  if (ending != ".safetensors" && ending != ".pth" && ending != ".pt") {
    fail_usage("convert: {} must end in .safetensors (a model file) or .pth (the reference's state dict)",
               in_quotes(arguments.out));
  }
  weights::ConvertRequest request;
  request.configure = [&](models::DetectorOptions& model, images::PreprocessOptions& preprocess) {
    train::RunOptions run;
    run.model = model;
    run.preprocess = preprocess;
    arguments.config.apply(run);
    model = run.model;
    preprocess = run.preprocess;
  };
  train::RunOptions check;  // Fails before a large file is read.
  arguments.config.apply(check);
  [[maybe_unused]] const images::Preprocess tried(check.preprocess);
  if (!arguments.classes.empty()) request.classes = read_names(arguments.classes);

  request.partly = arguments.partly;
  const auto weights = weights::load_weights(arguments.in, arguments.from, arguments.key);
  const auto converted = weights::convert(weights, request);
  if (ending == ".safetensors") {
    detector::save_model(arguments.out, *converted.loaded.model, converted.loaded.info);
  } else {
    io::write_pytorch(arguments.out, weights::reference_state_dict(converted.loaded),
                      detector::model_metadata(converted.loaded.info));
  }
  for (const auto& line : weights::report_lines(weights, converted.report)) print_result("{}\n", line);
  print_result("{}: {} classes, {}\n", arguments.out, converted.loaded.info.model.classes,
               human_bytes(fs::file_size(arguments.out)));
}

}  // namespace

void add_convert(CLI::App& app) {
  CLI::App* subcommand = app.add_subcommand(
      "convert",
      "Turn weights of other programs into a model file, or a model into the reference's state dict.");
  auto arguments = std::make_shared<ConvertArguments>();
  subcommand
      ->add_option("in", arguments->in,
                   "Weights: a model file, safetensors, PyTorch's .pth, detectron2's .pkl.")
      ->required();
  subcommand
      ->add_option("out", arguments->out,
                   "File to write: a model file (.safetensors) or a state dict (.pth).")
      ->required();
  std::string known;
  for (const auto& map : models::name_maps()) known += (known.empty() ? "" : ", ") + map.name;
  subcommand->add_option("--from", arguments->from,
                         "Program whose names the tensors have, if it is not recognised: " + known + ".");
  subcommand->add_option("--key", arguments->key,
                         "Key of the weights in a checkpoint that has several: ema, or ema.module.");
  subcommand->add_flag(
      "--partly", arguments->partly,
      "Accept weights of which less than half fits the model; parameters without weights start at random.");
  subcommand->add_option("--classes", arguments->classes, "Text file of class names, one per line.");
  arguments->config.add_to(*subcommand);
  subcommand->callback([arguments] { run_convert(*arguments); });
}

}  // namespace focus::cli
