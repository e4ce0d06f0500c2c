#include "cli/model.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "weights/summary.h"

namespace focus::cli {
namespace {

struct InfoArguments {
  std::string file;
  bool json = false;
};

void run_info(const InfoArguments& arguments) {
  const auto summary = weights::summarise(arguments.file);
  const auto replace = nlohmann::json::error_handler_t::replace;
  const std::string text =
      arguments.json ? to_json(summary).dump(2, ' ', false, replace) + "\n" : weights::to_text(summary);
  print_text(text);
}

}  // namespace

CLI::App* add_model(CLI::App& app) {
  auto* model = app.add_subcommand("model", "Inspect model files and compare them.");
  model->require_subcommand(1);
  auto* subcommand =
      model->add_subcommand("info", "Print architecture, options, classes and sizes of a file of weights.");
  const auto arguments = std::make_shared<InfoArguments>();
  subcommand->add_option("file", arguments->file, "Model file, or weights of another program.")->required();
  subcommand->add_flag("--json", arguments->json, "Print JSON.");
  subcommand->callback([arguments] { run_info(*arguments); });
  return model;
}

}  // namespace focus::cli
