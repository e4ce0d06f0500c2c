#include "train/run.h"

#include <ATen/Parallel.h>

#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "base/threads.h"
#include "data/dataset_layout.h"
#include "detector/weights.h"
#include "eval/coco_evaluator.h"
#include "eval/model_evaluation.h"
#include "io/weights_file.h"
#include "models/architectures.h"
#include "models/backbone_weights.h"

namespace focus::train {
namespace {

void start_from_weights(models::Detector& model, const std::vector<data::Category>& categories,
                        const std::string& path) {
  const auto weights = detector::load_weights(path);
  const auto report = detector::fill_model(model, categories, weights);
  for (const auto& line : detector::report_lines(weights, report)) fmt::print(stderr, "{}\n", line);
}

void start_from_backbone(models::Detector& model, const std::string& path) {
  const auto report = models::load_backbone_weights(model.backbone(), io::read_weights(path).tensors,
                                                    model.options().backbone, path);
  for (const auto& note : report.notes) fmt::print(stderr, "{}: note: {}\n", path, note);
  if (!report.missing.empty()) {
    fmt::print(stderr, "{}: {} backbone tensors are not in the file and start at random, the first is '{}'\n",
               path, report.missing.size(), report.missing.front());
  }
}

}  // namespace

void StartOptions::describe(OptionTable& table) {
  table.add("backbone_weights", &backbone_weights,
            "Backbone weights to start from: torchvision's, detectron2's, or a detector's.");
  table.add("model", &model,
            "Model or weights to start from: any file that `convert` reads; --init sets it.");
}

void RunOptions::describe(OptionTable& table) {
  table.group("model", model);
  table.group("preprocess", preprocess);
  table.group("augment", augment);
  table.group("loader", loader);
  table.group("loss", loss);
  table.group("train", train);
  table.group("start", start);
  table.add("train_split", &train_split, "Split to train on.");
  table.add("val_split", &val_split, "Split to evaluate on.");
}

TrainResult run_training(RunOptions options, const std::filesystem::path& dataset,
                         const std::filesystem::path& out, bool resume) {
  const auto train_set = data::load_split(dataset, options.train_split);
  const auto val_set = data::load_split(dataset, options.val_split);
  if (train_set->size() == 0) fail("{}: split '{}' has no pictures", dataset.string(), options.train_split);
  options.model.classes = static_cast<int64_t>(train_set->categories().size());

  at::set_num_threads(options.train.threads > 0 ? static_cast<int>(options.train.threads) : physical_cores());
  at::manual_seed(static_cast<uint64_t>(options.train.seed));
  auto model = models::make_detector(options.model);
  if (!options.start.model.empty()) start_from_weights(*model, train_set->categories(), options.start.model);
  if (!options.start.backbone_weights.empty()) start_from_backbone(*model, options.start.backbone_weights);

  options.loader.batch_size = options.train.batch_size;
  options.loader.seed = options.train.seed;
  options.loader.drop_last = train_set->size() >= options.train.batch_size;
  data::DataLoader loader(train_set, data::training_transform(options.preprocess, options.augment),
                          options.loader);
  LoaderSource source(loader);
  const losses::Criterion criterion(options.loss);

  detector::ModelInfo info;
  info.model = options.model;
  info.preprocess = options.preprocess;
  info.categories = train_set->categories();
  const auto run_options = options_to_json(options);
  std::map<std::string, double> last_metrics;

  TrainerHooks hooks;
  hooks.loss = [&](const data::Batch& batch) {
    return criterion(model->forward(batch.images, &batch.targets), batch.targets);
  };
  hooks.evaluate = [&] {
    eval::ModelEvaluationOptions evaluation;
    evaluation.batch_size = options.train.batch_size;
    evaluation.workers = options.loader.workers;
    const auto detections =
        eval::detect_all(*model, options.preprocess, train_set->categories(), val_set, evaluation);
    return last_metrics = eval::evaluate(*val_set, detections).numbers();
  };
  hooks.save_model = [&](const std::filesystem::path& path) {
    info.provenance = {
        {"run", run_options}, {"metrics", last_metrics}, {"training_pictures", train_set->size()}};
    detector::save_model(path, *model, info);
  };
  Trainer trainer(options.train, *model, source, hooks, out, run_options);
  make_folder(out);
  // JSON is YAML, so the file serves as --config again.
  write_atomically(out / "config.yaml", [&](std::ostream& file) { file << run_options.dump(2) << '\n'; });
  return trainer.run(resume);
}

}  // namespace focus::train
