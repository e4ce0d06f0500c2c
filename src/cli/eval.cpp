// focus-detr eval: COCO's numbers for detections.
#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/keep_option.h"
#include "cli/placement_option.h"
#include "cli/threads_option.h"
#include "cli/voc_corners_option.h"
#include "data/annotations.h"
#include "data/dataset_layout.h"
#include "detector/model_file.h"
#include "eval/coco_evaluator.h"
#include "eval/model_evaluation.h"
#include "eval/results_json.h"

#ifdef FOCUS_DETR_OPENCV
#include "cli/opencv/eval_page.h"
#else
#include "cli/left_out.h"
#endif

namespace focus::cli {
namespace {

struct EvalArguments {
  std::string annotations;
  std::string images;
  std::string data;
  std::string split = "val";
  std::string detections;
  std::string model;
  std::string json;
  std::string report;
  double report_threshold = 0.3;
  std::string save_detections;
  VocCornersOption voc_corners;
  int64_t batch_size = 1;
  std::optional<double> keep;
  PlacementOption placement;
  Threads threads;
};

std::shared_ptr<const data::AnnotationStore> truth_of(const EvalArguments& arguments) {
  if (!arguments.data.empty())
    return data::load_split(arguments.data, arguments.split, arguments.voc_corners.corners());
  if (arguments.annotations.empty()) fail_usage("eval: name the truth with --data or --annotations");
  if (!arguments.model.empty() && arguments.images.empty()) {
    fail_usage("eval: --model needs pictures; name their folder with --images, or use --data");
  }
  return data::load_coco(arguments.annotations, arguments.images);
}

std::vector<eval::BoxDetection> detections_of(const EvalArguments& arguments,
                                              const std::shared_ptr<const data::AnnotationStore>& store) {
  if (arguments.detections.empty() == arguments.model.empty()) {
    fail_usage("eval: name either a file of results with --detections or a model with --model");
  }
  if (!arguments.detections.empty()) return eval::read_results_json(arguments.detections, *store);
  at::set_num_threads(arguments.threads.count);
  const auto loaded = detector::load_model(arguments.model);
  detector::place(*loaded.model, arguments.placement.placement(), loaded.info.calibration.ranges);
  apply_keep(*loaded.model, arguments.keep);
  Progress progress("eval", store->size());
  eval::ModelEvaluationOptions options;
  options.batch_size = arguments.batch_size;
  options.progress = [&](int64_t done, int64_t) { progress.update(done); };
  const auto categories = eval::with_ids_of(loaded.info.categories, store->categories());
  return eval::detect_all(*loaded.model, loaded.info.preprocess, categories, store, options);
}

void run_eval(const EvalArguments& arguments) {
#ifndef FOCUS_DETR_OPENCV
  if (!arguments.report.empty()) fail_left_out("eval --report");
#endif
  const auto store = truth_of(arguments);
  const auto detections = detections_of(arguments, store);
  if (!arguments.save_detections.empty()) {
    eval::write_results_json(arguments.save_detections, detections, store->ids());
  }
  const auto metrics = eval::evaluate(*store, detections);
  if (metrics.unknown_category_detections > 0) {
    print_note(
        "warning: {} of {} detections have a category_id the annotations do not have; they do not count",
        metrics.unknown_category_detections, detections.size());
  }
  print_text(metrics.table());
#ifdef FOCUS_DETR_OPENCV
  if (!arguments.report.empty()) {
    const auto& what = arguments.model.empty() ? arguments.detections : arguments.model;
    const auto truth =
        arguments.data.empty() ? arguments.annotations : arguments.data + ", split " + arguments.split;
    write_eval_page({arguments.report, what, truth, arguments.model, arguments.report_threshold}, *store,
                    detections, metrics);
  }
#endif
  if (!arguments.json.empty()) {
    write_atomically(arguments.json, [&](std::ostream& out) { out << metrics.to_json().dump(2) << '\n'; });
  }
}

}  // namespace

void add_eval(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("eval", "Measure detections against annotations (COCO's AP and AR).");
  auto arguments = std::make_shared<EvalArguments>();
  verb->add_option("--data", arguments->data,
                   "Data set, in COCO's, YOLO's or Pascal VOC's format: the truth and its pictures.");
  verb->add_option("--split", arguments->split, "Split of --data.")->capture_default_str();
  verb->add_option("--annotations", arguments->annotations,
                   "COCO annotation file: the truth, instead of --data.");
  verb->add_option("--images", arguments->images,
                   "Folder of the pictures of --annotations, or a file of packed ones.");
  verb->add_option("--model", arguments->model, "Model file to run over the pictures.");
  verb->add_option("--batch-size", arguments->batch_size,
                   "Pictures of one size run together; does not change the result.")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  add_keep_option(*verb, arguments->keep);
  arguments->placement.add_to(*verb);
  verb->add_option("--detections", arguments->detections,
                   "COCO results file: what was found, instead of --model.");
  verb->add_option("--save-detections", arguments->save_detections, "Write a COCO results file.");
  verb->add_option("--report", arguments->report,
                   "Write a page (index.html) to this folder: curves, confusions, the worst pictures.");
  verb->add_option("--report-threshold", arguments->report_threshold,
                   "Least score of detections among the report's confusions and pictures.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--json", arguments->json, "Also write the numbers to this file.");
  arguments->voc_corners.add_to(*verb);
  arguments->threads.add_to(*verb);
  verb->callback([arguments] { run_eval(*arguments); });
}

}  // namespace focus::cli
