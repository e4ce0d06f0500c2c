// focus-detr ablate: what each part of Focus-DETR contributes, measured on the user's data set.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <ostream>

#include "base/console.h"
#include "base/files.h"
#include "cli/commands.h"
#include "cli/config_arguments.h"
#include "cli/named_split.h"
#include "data/formats.h"
#include "train/ablation/ablation_report.h"
#include "viz/chart.h"

namespace focus::cli {
namespace {

struct AblateArguments {
  ConfigArguments config;
  train::AblationOptions options;
  std::string data;
  std::string out;
};

std::string note_of(const Spread& spread, size_t runs) {
  return runs < 2 ? fmt::format("{:.3f}", spread.mean)
                  : fmt::format("{:.3f} ± {:.3f}", spread.mean, spread.deviation);
}

std::string bars(const train::AblationStudy& study) {
  viz::BarChart chart{
      "AP by variant: " + study.study, "AP, mean and standard deviation over seeds", {""}, {}};
  for (const auto& row : study.rows) {
    if (row.runs.empty()) continue;
    const auto ap = train::spread_of(row, "AP");
    chart.rows.push_back({row.variant.label, {ap.mean}, ap.deviation, note_of(ap, row.runs.size())});
  }
  return viz::to_svg(chart);
}

/// AP by keep ratio: the only study whose variants lie on a numeric axis.
std::string curve(const train::AblationStudy& study) {
  viz::LineChart chart{"AP by keep ratio", "keep ratio", "AP, mean and standard deviation over seeds", {{}}};
  for (const auto& row : study.rows) {
    if (row.runs.empty()) continue;
    const auto ap = train::spread_of(row, "AP");
    chart.lines.front().points.push_back({row.variant.model.focus.keep_ratio, ap.mean, ap.deviation});
  }
  return viz::to_svg(chart);
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_atomically(path, [&](std::ostream& file) { file << text; });
}

/// Writes the tables and plots of all runs finished so far.
void write_report(const train::AblationResult& result, const std::filesystem::path& out) {
  bool any = false;
  for (const auto& study : result.studies) {
    bool begun = false;
    for (const auto& row : study.rows) begun = begun || !row.runs.empty();
    if (begun)
      write_text(out / (study.study + ".svg"), study.study == "keep-ratio" ? curve(study) : bars(study));
    any = any || begun;
  }
  if (!any) return;
  write_text(out / "ablation.md", train::ablation_markdown(result));
  write_text(out / "ablation.csv", train::ablation_csv(result));
}

void run_ablate(const AblateArguments& arguments) {
  const auto base = arguments.config.read<train::RunOptions>();
  const auto result =
      train::run_ablation(base, arguments.options, arguments.data, arguments.out,
                          [&](const train::AblationResult& done) { write_report(done, arguments.out); });
  print_result("{}", train::ablation_markdown(result));
  if (!result.finished) print_result("stopped; continue with --resume\n");
}

}  // namespace

void add_ablate(CLI::App& app) {
  CLI::App* subcommand =
      app.add_subcommand("ablate", "Train variants of Focus-DETR with several seeds and compare them.");
  auto arguments = std::make_shared<AblateArguments>();
  subcommand
      ->add_option("--data", arguments->data,
                   fmt::format("Folder of the data set, in {} format.", data::layout_formats()))
      ->required();
  subcommand
      ->add_option("--out", arguments->out, "Folder for the runs, ablation.md, ablation.csv and the plots.")
      ->required();
  subcommand
      ->add_option("--study", arguments->options.studies,
                   fmt::format("What to vary: {}. Repeatable.", fmt::join(train::study_names(), ", ")))
      ->required()
      ->allow_extra_args(false)
      ->check(CLI::IsMember(train::study_names()));
  subcommand
      ->add_option("--seeds", arguments->options.seeds,
                   "Runs per variant: train.seed and the seeds that follow it.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  subcommand->add_option("--split", arguments->options.split, "Split to evaluate the trained models on.")
      ->check(named_split())
      ->capture_default_str();
  subcommand->add_flag("--resume", arguments->options.resume, "Continue the study in --out.");
  arguments->config.add_to(*subcommand);
  subcommand->callback([arguments] { run_ablate(*arguments); });
}

}  // namespace focus::cli
