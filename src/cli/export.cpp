// focus-detr export: a model for other runtimes.
#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "base/human.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/keep_option.h"
#include "cli/named_images.h"
#include "cli/size_argument.h"
#include "cli/threads_option.h"
#include "export/target.h"

namespace focus::cli {
namespace {

using exporter::GraphChoices;
using exporter::InputKind;
using exporter::OutputKind;
using exporter::Type;

struct ExportArguments {
  std::string model;
  std::string target = exporter::export_targets().front()->name();
  std::string out;
  std::string input = "pixels";
  std::string output = "detections";
  std::string deformable = "gridsample";
  std::string precision = "fp32";
  std::string runtime;
  std::vector<std::string> images;
  std::vector<std::string> sizes;
  std::optional<double> keep;
  Threads threads;
};

const std::map<std::string, InputKind> kInputs{{"pixels", InputKind::kPixels}, {"image", InputKind::kImage}};
const std::map<std::string, OutputKind> kOutputs{{"detections", OutputKind::kDetections},
                                                 {"raw", OutputKind::kRaw}};
const std::map<std::string, GraphChoices::Deformable> kDeformables{
    {"gridsample", GraphChoices::Deformable::kGridSample},
    {"gather", GraphChoices::Deformable::kGather},
    {"custom", GraphChoices::Deformable::kCustom}};
const std::map<std::string, Type> kPrecisions{
    {"fp32", Type::kFloat}, {"fp16", Type::kHalf}, {"bf16", Type::kBFloat16}};

void run_export(const ExportArguments& arguments) {
  const auto& target = exporter::export_target(arguments.target);
  exporter::OnnxOptions options;
  options.input = kInputs.at(arguments.input);
  options.output = kOutputs.at(arguments.output);
  options.graph.deformable = kDeformables.at(arguments.deformable);
  options.graph.compute_type = kPrecisions.at(arguments.precision);
  options.version = project_version();
  exporter::ProofRequest proof;
  proof.runtime = exporter::OnnxRuntime::find(arguments.runtime);  // Fails before a large file is read.
  if (!arguments.images.empty()) proof.images = named_images(arguments.images);
  for (const auto& size : arguments.sizes) proof.sizes.push_back(parse_size(size));
  proof.threads = arguments.threads.count;

  at::set_num_threads(arguments.threads.count);
  auto loaded = detector::load_model(arguments.model);
  apply_keep(*loaded.model, arguments.keep);
  const auto exported = exporter::export_model(target, loaded, options, proof, arguments.out);
  for (const auto& line : exported.proof.lines) print_result("{}\n", line);
  // Results in 16 bits differ a little, so the comparison shows only that the file is not broken.
  const char* verdict = options.graph.compute_type == exporter::Type::kFloat ? ", proved in ONNX Runtime"
                                                                             : ", tried in ONNX Runtime";
  print_result("{}: {} of {} classes, operator set {}, {}{}\n", arguments.out,
               loaded.model->options().architecture, loaded.info.model.classes, exporter::kOperatorSet,
               human_bytes(std::filesystem::file_size(exported.file)), exported.proof.proved ? verdict : "");
  for (const auto& line : target.notes(arguments.out)) print_note("note: {}", line);
}

template <typename Choices>
void add_choice(CLI::App& subcommand, const std::string& name, std::string& chosen, const Choices& choices,
                const std::string& about) {  // The parser lists the choices.
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  subcommand.add_option(name, chosen, about)->check(CLI::IsMember(names))->capture_default_str();
}

void add_target(CLI::App& subcommand, std::string& chosen) {
  std::vector<std::string> names;
  std::string about;
  for (const auto* target : exporter::export_targets()) {
    names.emplace_back(target->name());
    about += fmt::format("{}{}, {}", about.empty() ? "" : "; ", target->name(), target->help());
  }
  subcommand.add_option("--target", chosen, about + ".")->check(CLI::IsMember(names))->capture_default_str();
}

}  // namespace

void add_export(CLI::App& app) {
  CLI::App* subcommand =
      app.add_subcommand("export", "Turn a model file into an ONNX file, proved in ONNX Runtime.");
  auto arguments = std::make_shared<ExportArguments>();
  subcommand->add_option("--model", arguments->model, "Model file.")->required();
  add_target(*subcommand, arguments->target);
  subcommand->add_option("--out", arguments->out, "File or new folder to write, depending on the target.")
      ->required();
  add_choice(*subcommand, "--input", arguments->input, kInputs,
             "What the graph takes: normalised pixels and their padding, or one 8-bit image.");
  add_choice(*subcommand, "--output", arguments->output, kOutputs,
             "What the graph returns: the best detections, or logits and boxes of all queries.");
  add_choice(*subcommand, "--deformable", arguments->deformable, kDeformables,
             "What deformable attention becomes: GridSample, Gather, or one node of a custom operator.");
  add_choice(*subcommand, "--precision", arguments->precision, kPrecisions,
             "Number format of convolutions and matrix products.");
  add_keep_option(*subcommand, arguments->keep);
  subcommand->add_option(
      "--onnxruntime", arguments->runtime,
      fmt::format("Folder with node_modules/onnxruntime-node, to prove the file with; by default ${}.",
                  exporter::OnnxRuntime::kVariable));
  subcommand->add_option("--images", arguments->images,
                         "Images to prove the file on, besides synthetic ones: files, folders, or patterns.");
  subcommand->add_option("--size", arguments->sizes,
                         "More sizes to prove the file at, such as 800x1333: height, then width.");
  arguments->threads.add_to(*subcommand);
  subcommand->callback([arguments] { run_export(*arguments); });
}

}  // namespace focus::cli
