#include "cli/dataset.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/error.h"
#include "data/check.h"
#include "data/stats.h"

namespace focus::cli {
namespace {

struct DatasetArguments {
  std::string annotations;
  std::string images;
  bool exif_orientation = false;
  size_t examples = 5;
  bool json = false;
};

template <typename Report>
void print(const Report& report, bool json) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  const std::string text =
      json ? data::to_json(report).dump(2, ' ', false, replace) + "\n" : data::to_text(report);
  std::fputs(text.c_str(), stdout);
}

void check(const DatasetArguments& arguments) {
  data::CheckOptions options;
  if (!arguments.images.empty()) options.image_dir = arguments.images;
  if (arguments.exif_orientation) options.orientation = data::Orientation::kUpright;
  options.examples = arguments.examples;
  const auto report = data::check_dataset(arguments.annotations, options);
  print(report, arguments.json);
  if (report.errors() > 0) {
    std::fflush(stdout);
    fail("{}: {} errors; training refuses this data set until they are repaired", arguments.annotations,
         report.errors());
  }
}

}  // namespace

CLI::App* add_dataset(CLI::App& app) {
  auto* dataset = app.add_subcommand("dataset", "Look at a data set.");
  dataset->require_subcommand(1);
  const auto arguments = std::make_shared<DatasetArguments>();
  const auto add_verb = [&](const char* name, const char* help) {
    auto* verb = dataset->add_subcommand(name, help);
    verb->add_option("annotations", arguments->annotations, "COCO annotation file.")->required();
    verb->add_flag("--json", arguments->json, "Print JSON.");
    return verb;
  };

  auto* check_verb =
      add_verb("check", "List everything wrong; exits with 1 if there are errors, not for warnings.");
  check_verb->add_option("--images", arguments->images, "Folder of pictures; each is decoded and measured.");
  check_verb->add_flag("--exif-orientation", arguments->exif_orientation,
                       "Turn pictures by their EXIF orientation before measuring them.");
  check_verb->add_option("--examples", arguments->examples, "Examples to print of each kind.")
      ->capture_default_str();
  check_verb->callback([arguments] { check(*arguments); });

  auto* stats_verb = add_verb("stats", "Count pictures, classes and sizes.");
  stats_verb->callback([arguments] {
    print(data::dataset_stats(*data::load_coco(arguments->annotations, "")), arguments->json);
  });
  return dataset;
}

}  // namespace focus::cli
