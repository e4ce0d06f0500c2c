#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/console.h"
#include "cli/dataset.h"
#include "scenes/codes/codes_symbol.h"
#include "scenes/synth.h"

namespace focus::cli {
namespace {

struct SynthArguments {
  scenes::SynthOptions options;
  OptionTable table;
  std::string out;
};

void run(const SynthArguments& arguments) {
  const auto written = scenes::write_synthetic_dataset(arguments.options, arguments.out);
  const auto encoder = arguments.options.scene == "codes" ? ", encoded by " + scenes::code_library() : "";
  print_result("{}: {} images with {} objects{}\n", arguments.out, written.images, written.objects, encoder);
}

}  // namespace

void add_dataset_synth(CLI::App& dataset) {
  auto* command = dataset.add_subcommand("synth", "Draw a data set of synthetic scenes, in COCO's format.");
  auto arguments = std::make_shared<SynthArguments>();
  arguments->options.describe(arguments->table);
  command->add_option("--out", arguments->out, "New folder for images/ and annotations/.")->required();
  for (const auto& option : arguments->table.options()) {
    std::string flag = "--" + option.key();
    std::replace(flag.begin(), flag.end(), '_', '-');
    command
        ->add_option_function<std::string>(
            flag,
            [arguments, key = option.key()](const std::string& text) {
              arguments->table.set(key, text, "command line");
            },
            option.doc())
        ->type_name("")
        ->default_str(option.value().is_string() ? option.value().get<std::string>() : option.value().dump());
  }
  command->callback([arguments] { run(*arguments); });
}

}  // namespace focus::cli
