// focus-detr eval: COCO's numbers for detections.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "cli/commands.h"
#include "data/annotations.h"
#include "eval/coco_evaluator.h"
#include "eval/results_json.h"

namespace focus::cli {
namespace {

struct EvalArguments {
  std::string annotations;
  std::string detections;
  std::string json;
};

std::vector<eval::BoxDetection> detections_of(const EvalArguments& arguments,
                                              const data::AnnotationStore& store) {
  if (arguments.detections.empty()) {
    fail_usage("eval: nothing to evaluate; name a file of results with --detections");
  }
  return eval::read_results_json(arguments.detections, store);
}

void run_eval(const EvalArguments& arguments) {
  const auto store = data::load_coco(arguments.annotations, {});
  const auto detections = detections_of(arguments, *store);
  const auto metrics = eval::evaluate(*store, detections);
  if (metrics.unknown_category_detections > 0) {
    fmt::print(
        stderr,
        "warning: {} of {} detections have a category_id the annotations do not have; they do not count\n",
        metrics.unknown_category_detections, detections.size());
  }
  std::fputs(metrics.table().c_str(), stdout);
  if (!arguments.json.empty()) {
    write_atomically(arguments.json, [&](std::ostream& out) { out << metrics.to_json().dump(2) << '\n'; });
  }
}

}  // namespace

void add_eval(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("eval", "Measure detections against annotations (COCO's AP and AR).");
  auto arguments = std::make_shared<EvalArguments>();
  verb->add_option("--annotations", arguments->annotations, "COCO annotation file: the truth.")->required();
  verb->add_option("--detections", arguments->detections, "COCO results file: what was found.");
  verb->add_option("--json", arguments->json, "Also write the numbers to this file.");
  verb->callback([arguments] { run_eval(*arguments); });
}

}  // namespace focus::cli
