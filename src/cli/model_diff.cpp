// focus-detr model diff: like `diff`, exits with 0 if the files are equal, 1 if not.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/console.h"
#include "cli/model.h"
#include "weights/weights_diff.h"

namespace focus::cli {
namespace {

struct DiffArguments {
  std::string a, b;
  bool json = false;
};

void run_diff(const DiffArguments& arguments) {
  const auto difference =
      weights::compare(weights::load_weights(arguments.a), weights::load_weights(arguments.b));
  const auto replace = nlohmann::json::error_handler_t::replace;
  const std::string text =
      arguments.json ? to_json(difference).dump(2, ' ', false, replace) + "\n" : weights::to_text(difference);
  print_text(text);
  if (!difference.none()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_model_diff(CLI::App& model) {
  auto* subcommand =
      model.add_subcommand("diff", "Compare two files of weights; exits with 0 if they are equal, 1 if not.");
  const auto arguments = std::make_shared<DiffArguments>();
  subcommand->add_option("a", arguments->a, "Model file, or weights of another program.")->required();
  subcommand->add_option("b", arguments->b, "The other file.")->required();
  subcommand->add_flag("--json", arguments->json, "Print JSON.");
  subcommand->callback([arguments] { run_diff(*arguments); });
}

}  // namespace focus::cli
