#include "cli/dataset.h"

#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/signatures.h"
#include "cli/named_split.h"
#include "cli/reading_options.h"
#include "data/check/check.h"
#include "data/check/compare_splits.h"
#include "data/check/shared_images.h"
#include "data/dataset_layout.h"
#include "data/formats.h"
#include "data/stats.h"
#include "data/text_file.h"
#include "models/options.h"

namespace focus::cli {
namespace {

struct DatasetArguments {
  std::string source;
  std::string split;
  std::string images;
  ReadingOptions reading;
  size_t examples = 5;
  int64_t queries = models::TransformerOptions().queries;
  bool json = false;
};

void print_json(const nlohmann::json& json) {
  print_text(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

/// Throws Error if `source` does not exist or is an archive, and so cannot be an annotation file.
void require_source(const std::string& source) {
  if (!is_there(source)) {
    fail("{}: {}; give a data set's folder or its data.yaml, or a COCO annotation file", source,
         why_not_there(source, "no such file or folder"));
  }
  if (const auto archive = archive_kind_of(source); !archive.empty()) {
    fail("{}: is {}; unpack it, and name the folder or the annotation file in it", source, archive);
  }
}

void print_comparison(const DatasetArguments& arguments, const data::CheckReport& report,
                      nlohmann::json& all) {
  if (report.findings().empty()) return;
  if (arguments.json) {
    all["between splits"] = data::to_json(report);
  } else {
    print_text("between splits\n\n" + data::findings_text(report) + "\n");
  }
}

/// Prints the report on an annotation file, on one split, or on each split under its name and then on their
/// differences.
template <typename LookAtFile, typename LookAtSplit, typename Compare>
void print_each(const DatasetArguments& arguments, const LookAtFile& file, const LookAtSplit& split,
                const Compare& between_splits) {
  const auto print = [&](const auto& report) {
    if (arguments.json) return print_json(data::to_json(report));
    print_text(data::to_text(report));
  };
  if (!data::is_dataset_path(arguments.source)) {
    require_source(arguments.source);
    if (!arguments.split.empty()) {
      fail_usage(
          "--split needs the folder of a data set, but {} is read as an annotation file; leave --split out",
          arguments.source);
    }
    return print(file());
  }
  if (!arguments.split.empty()) return print(split(arguments.split));
  auto all = nlohmann::json::object();
  for (const auto& name : data::splits_of(arguments.source)) {
    if (!arguments.json) print_text(fmt::format("split {}\n\n", name));
    const auto report = split(name);
    if (arguments.json) {
      all[name] = data::to_json(report);
    } else {
      print_text(data::to_text(report) + "\n");
    }
  }
  print_comparison(arguments, between_splits(), all);
  if (arguments.json) print_json(all);
}

void check(const DatasetArguments& arguments) {
  if (!arguments.images.empty() && data::is_dataset_path(arguments.source)) {
    fail_usage("--images is for an annotation file; {} is a data set, whose images are found without it",
               arguments.source);
  }
  data::CheckOptions options;
  if (!arguments.images.empty()) options.image_dir = arguments.images;
  options.reading = arguments.reading.reading();
  options.examples = arguments.examples;
  options.queries = arguments.queries;
  int64_t errors = 0;
  std::vector<data::SplitClasses> classes;
  std::vector<data::SplitImages> images;
  const auto counted = [&](data::CheckReport report, const std::string& split) {
    errors += report.errors();
    classes.push_back({split, report.categories});
    images.push_back({split, report.paths});
    return report;
  };
  const auto between_splits = [&] {
    data::CheckReport report(arguments.examples);
    for (const auto& issue : data::compare_splits(classes)) report.add(issue);
    for (const auto& issue : data::shared_images(images)) report.add(issue);
    errors += report.errors();
    return report;
  };
  print_each(
      arguments, [&] { return counted(data::check_dataset(arguments.source, options), ""); },
      [&](const std::string& split) {
        return counted(data::check_split(arguments.source, split, options), split);
      },
      between_splits);
  if (errors > 0) {
    std::fflush(stdout);
    fail("{}: {} errors; training refuses this data set until they are repaired", arguments.source, errors);
  }
}

void stats(const DatasetArguments& arguments) {
  print_each(
      arguments, [&] { return data::dataset_stats(*data::load_coco(arguments.source, "")); },
      [&](const std::string& split) {
        return data::dataset_stats(*data::load_split(arguments.source, split, arguments.reading.reading()));
      },
      [] { return data::CheckReport(0); });
}

}  // namespace

CLI::App* add_dataset(CLI::App& app) {
  auto* dataset = app.add_subcommand("dataset", "Check, convert, split or draw data sets.");
  dataset->require_subcommand(1);
  const auto arguments = std::make_shared<DatasetArguments>();
  const auto add_verb = [&](const char* name, const char* help) {
    auto* subcommand = dataset->add_subcommand(name, help);
    subcommand
        ->add_option(
            "data", arguments->source,
            fmt::format("COCO annotation file, or a data set in {} format: its folder or its data.yaml.",
                        data::layout_formats()))
        ->required();
    subcommand
        ->add_option("--split", arguments->split, "The one split to read, instead of train, val and test.")
        ->check(named_split());
    arguments->reading.add_to(*subcommand, kDatasetDecides);
    subcommand->add_flag("--json", arguments->json, "Print JSON.");
    return subcommand;
  };

  auto* check_verb = add_verb("check", "List errors and warnings; exits with 1 if there are errors.");
  check_verb->add_option("--images", arguments->images,
                         "Folder of the images of an annotation file; each is decoded and its size checked.");
  check_verb->add_option("--examples", arguments->examples, "Examples to print per kind of issue.")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  check_verb
      ->add_option("--queries", arguments->queries,
                   "Queries of the model to be trained (model.transformer.queries): images with more boxes "
                   "are listed.")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  check_verb->callback([arguments] { check(*arguments); });

  auto* stats_verb = add_verb("stats", "Count images, classes and sizes.");
  stats_verb->callback([arguments] { stats(*arguments); });
  return dataset;
}

}  // namespace focus::cli
