// focus-detr dataset pack: a data set with its images decoded.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/console.h"
#include "base/human.h"
#include "base/progress.h"
#include "cli/dataset.h"
#include "cli/named_split.h"
#include "cli/reading_options.h"
#include "data/formats.h"
#include "data/pack/pack_dataset.h"

namespace focus::cli {
namespace {

struct PackArguments {
  std::string data, out;
  std::vector<std::string> splits;
  ReadingOptions reading;
};

void run(const PackArguments& arguments) {
  data::PackOptions options;
  options.splits = arguments.splits;
  options.reading = arguments.reading.reading();
  std::unique_ptr<Progress> progress;
  options.progress = [&](int64_t done, int64_t all) {
    if (done == 1) progress = std::make_unique<Progress>("pack", all);
    progress->update(done);
  };
  const auto summary = data::pack_dataset(arguments.data, arguments.out, options);
  progress.reset();
  print_result("{}: {} decoded images, {}, in the splits {}\n", arguments.out, summary.images,
               human_bytes(static_cast<uint64_t>(summary.bytes)), fmt::join(summary.splits, ", "));
}

}  // namespace

void add_dataset_pack(CLI::App& dataset) {
  auto* subcommand = dataset.add_subcommand(
      "pack", "Write a data set with its images decoded, in files that are mapped into memory.");
  auto arguments = std::make_shared<PackArguments>();
  subcommand
      ->add_option("data", arguments->data, fmt::format("Data set, in {} format.", data::layout_formats()))
      ->required();
  subcommand->add_option("--out", arguments->out, "New folder; takes three bytes per pixel.")->required();
  add_splits_option(*subcommand, arguments->splits);
  arguments->reading.add_to(*subcommand, kDatasetDecides);
  subcommand->callback([arguments] { run(*arguments); });
}

}  // namespace focus::cli
