// focus-detr dataset split: divides a data set into train, val and test.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/console.h"
#include "base/progress.h"
#include "cli/dataset.h"
#include "cli/image_transfer.h"
#include "cli/named_split.h"
#include "cli/reading_options.h"
#include "data/formats.h"
#include "data/split/split_dataset.h"

namespace focus::cli {
namespace {

struct SplitArguments {
  data::SplitOptions options;
  std::string data, out, transfer = "link";
  std::vector<std::string> together;
  ReadingOptions reading;
};

bool has(const std::vector<std::string>& list, const char* name) {
  return std::count(list.begin(), list.end(), name) > 0;
}

/// A line of the table: a name and a number for each part.
template <typename Number>
std::string row(const std::string& name, const data::SplitSummary& summary, const Number& number) {
  std::string line = fmt::format("{:<24}", name);
  for (const auto& part : summary.parts) line += fmt::format("{:>10}", number(part));
  return line + '\n';
}

void run(SplitArguments& arguments) {
  auto& options = arguments.options;
  options.transfer = image_transfer(arguments.transfer);
  options.reading = arguments.reading.reading();
  options.keep_duplicates = has(arguments.together, "duplicates");
  options.keep_videos = has(arguments.together, "videos");
  std::unique_ptr<Progress> progress;
  options.progress = [&](int64_t done, int64_t all) {
    if (!progress) progress = std::make_unique<Progress>("compare", all);
    progress->update(done);
  };
  const auto summary = data::split_dataset(arguments.data, arguments.out, options);
  progress.reset();
  for (const auto& note : summary.notes) print_note("note: {}", note);
  for (const auto& warning : summary.warnings) print_note("warning: {}", warning);
  std::string table = row("images of", summary, [](const auto& part) { return part.name; });
  for (size_t label = 0; label < summary.categories.size(); ++label) {
    table += row(summary.categories[label].name, summary,
                 [&](const auto& part) { return part.images_of_class[label]; });
  }
  table += row("all images", summary, [](const auto& part) { return part.images; });
  table += row("all boxes", summary, [](const auto& part) { return part.boxes; });
  print_text(table);
}

}  // namespace

void add_dataset_split(CLI::App& dataset) {
  auto* subcommand = dataset.add_subcommand(
      "split", "Divide a data set into train, val and test, each with its share of every class.");
  auto arguments = std::make_shared<SplitArguments>();
  auto& options = arguments->options;
  subcommand->add_option("data", arguments->data, fmt::format("Data set, in {} format.", data::all_formats()))
      ->required();
  subcommand->add_option("--out", arguments->out, "New folder, written in COCO's format.")->required();
  subcommand->add_option("--val", options.val, "Fraction of the images for validation.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  subcommand->add_option("--test", options.test, "Fraction of the images for testing.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  subcommand->add_option("--seed", options.seed, "Seed of the random division.")->capture_default_str();
  subcommand
      ->add_option("--split", options.split,
                   "The split to divide, if there are several; the others stay as they are.")
      ->check(named_split());
  subcommand
      ->add_option(
          "--together", arguments->together,
          "What to keep in one split, separated by commas: duplicates (images that look the same, and "
          "Roboflow's copies of an image), videos (frames, recognised by the numbers in their names).")
      ->delimiter(',')
      ->check(CLI::IsMember({"duplicates", "videos"}));
  add_image_transfer(*subcommand, arguments->transfer);
  arguments->reading.add_to(*subcommand, kDatasetDecides);
  subcommand->callback([arguments] { run(*arguments); });
}

}  // namespace focus::cli
