#include "train/run.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/folder_lock.h"
#include "base/former_options.h"
#include "base/threads.h"
#include "data/check/crowding.h"
#include "data/dataset_layout.h"
#include "data/fingerprint.h"
#include "eval/coco_evaluator.h"
#include "eval/model_evaluation.h"
#include "io/weights_file.h"
#include "models/architectures.h"
#include "models/backbones/backbone_weights.h"
#include "nn/device.h"
#include "train/checkpoint.h"
#include "train/detector_loss.h"
#include "train/distributed/core_share.h"
#include "weights/weights.h"

namespace focus::train {
namespace {

constexpr const char* kTakePartly = "set start.partly=true if that is meant";

void start_from_weights(models::Detector& model, const std::vector<data::Category>& categories,
                        const StartOptions& start) {
  const auto weights = weights::load_weights(start.model);
  const auto report = weights::fill_model(model, categories, weights);
  weights::require_enough(weights, report, start.partly, kTakePartly);
  for (const auto& line : weights::report_lines(weights, report)) print_note("{}", line);
}

void start_from_backbone(models::Detector& model, const StartOptions& start) {
  const std::string& path = start.backbone_weights;
  const auto file = io::read_weights(path);
  const auto report = models::load_backbone_weights(model.backbone(), file.tensors, model.options().backbone,
                                                    path, file.unread);
  weights::require_enough(report, path, start.partly, kTakePartly);
  print_note("{}: {} of the backbone's {} tensors taken, names of {}", path, report.taken, report.tensors,
             report.source);
  for (const auto& note : report.notes) print_note("{}: note: {}", path, note);
  if (!report.missing.empty()) {
    print_note("{}: {} backbone tensors are not in the file and start at random, the first is '{}'", path,
               report.missing.size(), report.missing.front());
  }
}

void say_how_images_are_read(const data::AnnotationStore& store, const std::string& split) {
  const auto& note = store.meaning().orientation_note;
  if (!note.empty()) print_note("split '{}': {}", split, note);
}

/// Processes that share a machine share out its GPUs, unless one is named.
at::Device device_of(const std::string& name, const World& world) {
  const auto device = nn::parse_device(name);
  if (device.is_cpu() || world.local_size == 1 || name.starts_with("cuda:")) return device;
  return nn::parse_device(fmt::format("cuda:{}", world.local_rank));
}

/// The detections of all processes, in the order of their images.
std::vector<eval::BoxDetection> gathered(const std::vector<eval::BoxDetection>& own, Collective& collective) {
  static_assert(std::is_trivially_copyable_v<eval::BoxDetection>);
  const std::string bytes(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(own[0]));
  std::vector<eval::BoxDetection> all;
  for (const auto& part : collective.gather(bytes)) {
    const size_t first = all.size();
    all.resize(first + part.size() / sizeof(own[0]));
    std::memcpy(all.data() + first, part.data(), part.size());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.image_id < b.image_id; });
  return all;
}

void warn_of_crowding(const data::AnnotationStore& store, const std::string& split, int64_t queries) {
  const auto note = data::crowding_note(store, queries);
  if (!note.empty()) print_note("warning: split '{}': {}", split, note);
}

/// The folder of a run, which one training at a time may write to; only rank 0 does.
class RunFolder {
 public:
  /// Refuses one that is in use, or holds a run that is not continued, before anything else is checked.
  RunFolder(const std::filesystem::path& path, bool resume, bool leads) : path_(path) {
    if (!leads) return;
    if (std::filesystem::is_directory(path)) lock_.emplace(path);
    if (!resume) CheckpointFolder(path).refuse_if_any();
  }

  /// Makes it if there was none.
  void hold() {
    if (lock_) return;
    make_folder(path_);
    lock_.emplace(path_);
  }

 private:
  const std::filesystem::path& path_;
  std::optional<FolderLock> lock_;
};

[[noreturn]] void refuse_without_evaluation(const std::filesystem::path& dataset, const RunOptions& options) {
  const auto splits = data::splits_of(dataset);
  fail(
      "{}: no split '{}', only {}, to evaluate on; divide it with `focus-detr dataset split {} --out NEW`, "
      "name another (val_split=), or train without evaluation (train.eval_every=0)",
      dataset.string(), options.val_split, fmt::join(splits, ", "), dataset.string());
}

/// What to train on. Throws if that is nothing, or less than a batch for each process.
std::shared_ptr<const data::AnnotationStore> training_split(const RunOptions& options,
                                                            const std::filesystem::path& dataset,
                                                            int64_t processes, const data::NoteSink& say) {
  auto store = data::load_split(dataset, options.train_split, data::reading_of(options.loader), say);
  const int64_t size = store->size(), batch = options.train.batch_size;
  if (size == 0) fail("{}: split '{}' has no images", dataset.string(), options.train_split);
  if (processes > 1 && size < batch * processes) {
    const int64_t smaller = size / processes;
    fail_usage("{} images are fewer than one batch of {} for each of {} processes; {}start at most {}", size,
               batch, processes,
               smaller > 0 ? fmt::format("set train.batch_size to at most {}, or ", smaller) : "",
               smaller > 0 ? std::max<int64_t>(1, size / batch) : size);
  }
  if (options.train.eval_every > 0 && !data::has_split(dataset, options.val_split)) {
    refuse_without_evaluation(dataset, options);
  }
  return store;
}

// What one process has said already.
void say_nothing(const std::string&) {}

}  // namespace

void StartOptions::describe(OptionTable& table) {
  table.add("backbone_weights", &backbone_weights,
            "Backbone weights to start from: torchvision's, detectron2's, or a detector's.");
  table.add("model", &model,
            "Model or weights to start from: any file that `convert` reads; --init sets it.");
  table.add("partly", &partly, "Start also from weights of which less than half has a place in the model.");
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

nlohmann::json run_options_as_of_today(nlohmann::json saved) {
  RunOptions options;
  OptionTable table;
  options.describe(table);
  auto all = table.to_json();
  all.merge_patch(as_of_today(table, std::move(saved)));
  return all;
}

void check_run(RunOptions options, const std::filesystem::path& dataset, const std::filesystem::path& out,
               bool resume, int processes) {
  const RunFolder folder(out, resume, /*leads=*/true);
  options.model.classes =
      static_cast<int64_t>(training_split(options, dataset, processes, say_nothing)->categories().size());
  options.model.validate();
}

TrainResult run_training(RunOptions options, const std::filesystem::path& dataset,
                         const std::filesystem::path& out, bool resume, const World& world) {
  RunFolder folder(out, resume, world.leads());
  const data::NoteSink say = world.leads() ? data::NoteSink() : say_nothing;
  const auto train_set = training_split(options, dataset, world.size, say);
  const bool evaluates = options.train.eval_every > 0;
  // Without evaluation there is no other split than that to train on.
  const auto val_set =
      evaluates ? data::load_split(dataset, options.val_split, data::reading_of(options.loader), say)
                : train_set;
  options.model.classes = static_cast<int64_t>(train_set->categories().size());
  const auto split_name = [](const std::string& split) { return fmt::format("split '{}'", split); };
  const auto classes = eval::require_joined(train_set->categories(), val_set->categories(),
                                            split_name(options.train_split), split_name(options.val_split));
  if (world.leads()) {
    warn_of_crowding(*train_set, options.train_split, options.model.transformer.queries);
    say_how_images_are_read(*train_set, options.train_split);
    if (val_set != train_set && options.val_split != options.train_split)
      say_how_images_are_read(*val_set, options.val_split);
    for (const auto& line : classes.notes(split_name(options.train_split), split_name(options.val_split))) {
      print_note("warning: {}", line);
    }
  }

  // Until it is known with whom the machine is shared.
  const int first_cores = std::max(1, physical_cores() / world.local_size);
  at::set_num_threads(options.train.threads > 0 ? static_cast<int>(options.train.threads) : first_cores);
  at::manual_seed(static_cast<uint64_t>(options.train.seed));
  auto model = models::make_detector(options.model);
  // The others get the weights from rank 0.
  if (world.leads() && !options.start.model.empty())
    start_from_weights(*model, train_set->categories(), options.start);
  if (world.leads() && !options.start.backbone_weights.empty()) start_from_backbone(*model, options.start);

  model->move_to(device_of(options.train.device, world));

  options.loader.batch_size = options.train.batch_size;
  options.loader.seed = options.train.seed;
  options.loader.drop_last = train_set->size() >= options.train.batch_size;
  options.loader.shards = world.size;
  options.loader.shard = world.rank;
  data::DataLoader loader(train_set, data::training_transform(options.preprocess, options.augment),
                          options.loader);
  LoaderSource source(loader);

  detector::ModelInfo info;
  info.model = options.model;
  info.preprocess = options.preprocess;
  info.categories = train_set->categories();
  info.reading = data::reading_of(options.loader).images;
  const auto run_options = options_to_json(options);
  std::map<std::string, double> last_metrics;

  TrainerHooks hooks;
  if (!world.alone()) hooks.collective = connect(world, options.train.worker_timeout);
  const auto share = share_of_cores(world, hooks.collective.get());
  if (options.train.threads == 0) at::set_num_threads(share.cores);
  if (share.note && world.leads()) print_note("{}", *share.note);
  hooks.loss = detector_loss(*model, options);
  const auto evaluate = [&] {
    eval::ModelEvaluationOptions evaluation;
    evaluation.batch_size = options.train.batch_size;
    evaluation.workers = options.loader.workers;
    evaluation.shards = world.size;
    evaluation.shard = world.rank;
    auto detections = eval::detect_all(*model, options.preprocess, classes, val_set, evaluation);
    if (hooks.collective) detections = gathered(detections, *hooks.collective);
    if (world.leads()) last_metrics = eval::evaluate(*val_set, detections).numbers();
    return last_metrics;
  };
  if (evaluates) hooks.evaluate = evaluate;
  hooks.save_model = [&](const std::filesystem::path& path) {
    info.provenance = {
        {"run", run_options}, {"metrics", last_metrics}, {"training_images", train_set->size()}};
    detector::save_model(path, *model, info);
  };
  auto remembered = run_options;
  // With it a run that is continued on other annotations says so.
  remembered["data"] = {{"train_annotations", data::fingerprint(*train_set)}};
  hooks.as_of_today = run_options_as_of_today;
  hooks.started = [&] {
    // JSON is YAML, so the file serves as --config again.
    if (world.leads())
      write_atomically(out / "config.yaml", [&](std::ostream& file) { file << run_options.dump(2) << '\n'; });
  };
  Trainer trainer(options.train, *model, source, hooks, out, remembered);
  if (world.leads()) folder.hold();
  return trainer.run(resume);
}

}  // namespace focus::train
