// focus-detr eval: COCO's metrics for detections.
#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/keep_option.h"
#include "cli/named_split.h"
#include "cli/option_values.h"
#include "cli/placement_option.h"
#include "cli/reading_options.h"
#include "cli/threads_option.h"
#include "data/annotations.h"
#include "data/dataset_layout.h"
#include "data/formats.h"
#include "detector/model_file.h"
#include "eval/coco_evaluator.h"
#include "eval/model_evaluation.h"
#include "eval/results_json.h"

#ifdef FOCUS_DETR_OPENCV
#include "cli/eval_page.h"
#else
#include "cli/left_out.h"
#endif

namespace focus::cli {
namespace {

const std::vector<std::pair<std::string, eval::ImageIds>> kImageIds{
    {"auto", eval::ImageIds::kByDataset},
    {"annotations", eval::ImageIds::kAnnotations},
    {"names", eval::ImageIds::kNames},
    {"from-zero", eval::ImageIds::kFromZero},
    {"from-one", eval::ImageIds::kFromOne}};
const std::vector<std::pair<std::string, eval::CategoryIds>> kCategoryIds{
    {"auto", eval::CategoryIds::kByDataset},
    {"annotations", eval::CategoryIds::kAnnotations},
    {"from-zero", eval::CategoryIds::kFromZero},
    {"from-one", eval::CategoryIds::kFromOne}};

std::vector<std::pair<std::string, eval::BoxLayout>> box_layouts() {
  std::vector<std::pair<std::string, eval::BoxLayout>> layouts{{"auto", {}}};
  for (const auto& layout : eval::kStatableLayouts) layouts.emplace_back(eval::name_of(layout), layout);
  return layouts;
}

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
  int64_t batch_size = 1;
  std::optional<double> keep;
  ReadingOptions reading;
  eval::ResultIds ids;
  PlacementOption placement;
  Threads threads;
};

void check_arguments(const EvalArguments& arguments) {
  if (arguments.data.empty() && arguments.annotations.empty()) {
    fail_usage("eval: name the ground truth with --data or --annotations");
  }
  if (arguments.data.empty() && !arguments.model.empty() && arguments.images.empty()) {
    fail_usage("eval: --model needs images; name their folder with --images, or use --data");
  }
  if (arguments.detections.empty() == arguments.model.empty()) {
    fail_usage("eval: name either a file of results with --detections or a model with --model");
  }
}

/// The ground truth, in words.
std::string truth_name(const EvalArguments& arguments) {
  return arguments.data.empty() ? arguments.annotations : arguments.data + ", split " + arguments.split;
}

std::shared_ptr<const data::AnnotationStore> truth_of(const EvalArguments& arguments,
                                                      images::ImageReading model) {
  const auto reading = arguments.reading.reading(model);
  auto store = arguments.data.empty()
                   ? data::load_coco(arguments.annotations, arguments.images, reading.images)
                   : data::load_split(arguments.data, arguments.split, reading);
  if (const auto& note = store->meaning().orientation_note; !note.empty()) print_note("note: {}", note);
  return store;
}

/// The ground truth and the detections.
struct Measured {
  std::shared_ptr<const data::AnnotationStore> store;
  std::vector<eval::BoxDetection> detections;
};

Measured results_in_file(const EvalArguments& arguments) {
  const auto store = truth_of(arguments, images::ImageReading::kByDataset);
  auto results = eval::read_results_json(arguments.detections, *store, arguments.ids);
  for (const auto& note : results.notes) print_note("{}", note);
  return {store, std::move(results.detections)};
}

Measured results_of_model(const EvalArguments& arguments) {
  at::set_num_threads(arguments.threads.count);
  const auto loaded = detector::load_model(arguments.model);
  const auto store = truth_of(arguments, loaded.info.reading);
  const auto classes = eval::require_joined(loaded.info.categories, store->categories(), arguments.model,
                                            truth_name(arguments));
  for (const auto& line : classes.notes(arguments.model, truth_name(arguments))) {
    print_note("warning: {}", line);
  }
  detector::place(*loaded.model, arguments.placement.placement(), loaded.info.calibration);
  apply_keep(*loaded.model, arguments.keep);
  Progress progress("eval", store->size());
  eval::ModelEvaluationOptions options;
  options.batch_size = arguments.batch_size;
  options.progress = [&](int64_t done, int64_t) { progress.update(done); };
  return {store, eval::detect_all(*loaded.model, loaded.info.preprocess, classes, store, options)};
}

void run_eval(const EvalArguments& arguments) {
#ifndef FOCUS_DETR_OPENCV
  if (!arguments.report.empty()) fail_left_out("eval --report");
#endif
  check_arguments(arguments);
  const auto [store, detections] =
      arguments.model.empty() ? results_in_file(arguments) : results_of_model(arguments);
  if (!arguments.save_detections.empty()) {
    eval::write_results_json(arguments.save_detections, detections, *store);
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
    write_eval_page(
        {arguments.report, what, truth_name(arguments), arguments.model, arguments.report_threshold}, *store,
        detections, metrics);
  }
#endif
  if (!arguments.json.empty()) {
    write_atomically(arguments.json, [&](std::ostream& out) { out << metrics.to_json().dump(2) << '\n'; });
  }
}

}  // namespace

void add_eval(CLI::App& app) {
  CLI::App* subcommand =
      app.add_subcommand("eval", "Measure detections against annotations (COCO's AP and AR).");
  auto arguments = std::make_shared<EvalArguments>();
  subcommand->add_option(
      "--data", arguments->data,
      fmt::format("Data set, in {} format: the ground truth and its images.", data::layout_formats()));
  subcommand->add_option("--split", arguments->split, "Split of --data.")
      ->capture_default_str()
      ->check(named_split());
  subcommand->add_option("--annotations", arguments->annotations,
                         "COCO annotation file: the ground truth, instead of --data.");
  subcommand->add_option("--images", arguments->images,
                         "Folder of the images of --annotations, or a file of packed images.");
  subcommand->add_option("--model", arguments->model, "Model file to run over the images.");
  subcommand
      ->add_option("--batch-size", arguments->batch_size,
                   "Images per batch, all of the same size; does not change the result.")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  add_keep_option(*subcommand, arguments->keep);
  arguments->reading.add_to(*subcommand, kModelDecides);
  arguments->placement.add_to(*subcommand);
  subcommand->add_option("--detections", arguments->detections,
                         "COCO results file with the detections, instead of --model.");
  add_choice(
      *subcommand, "--image-ids", arguments->ids.images, kImageIds,
      "Meaning of image_id in --detections: annotations (their ids, or positions in a data set without ids), "
      "names (of files; file_name decides, if there is one), from-zero or from-one (the position among the "
      "annotations' images). auto: recognised, or an error.");
  add_choice(
      *subcommand, "--category-ids", arguments->ids.categories, kCategoryIds,
      "Meaning of category_id in --detections: annotations (their ids), from-zero or from-one (the position "
      "among the data set's classes). Text may be a class name. auto: the annotations' ids, or an error "
      "if the numbers do not look like them.");
  add_choice(
      *subcommand, "--boxes", arguments->ids.boxes, box_layouts(),
      "Layout of bbox in --detections: xywh (left, top, width, height, as in COCO), xyxy (two corners) or "
      "cxcywh (centre and size), in pixels or, with -normalized, in fractions of the image's sides. auto: "
      "xywh, with an error or a warning if the numbers do not look like it.");
  subcommand->add_option("--save-detections", arguments->save_detections,
                         "Write the detections to this COCO results file.");
  subcommand->add_option(
      "--report", arguments->report,
      "Write a page (index.html) to this folder: curves, confusion matrix, the worst images.");
  subcommand
      ->add_option("--report-threshold", arguments->report_threshold,
                   "Lowest score of the detections in the report's confusion matrix and images.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  subcommand->add_option("--json", arguments->json, "Also write the metrics to this file, as JSON.");
  arguments->threads.add_to(*subcommand);
  subcommand->callback([arguments] { run_eval(*arguments); });
}

}  // namespace focus::cli
