// The part of the trainer that turns it into files and back.
#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "train/rng_state.h"
#include "train/trainer.h"

namespace focus::train {
namespace {

const std::string kModel = "model.", kEma = "ema.", kOptimizer = "optimizer.", kRandom = "rng.",
                  kCpu = "rng.cpu";

/// Options without which the position in the data, and so the run, would mean something else.
const char* const kFixedOptions[] = {"train.seed", "train.batch_size", "train.accumulate"};

}  // namespace

void Trainer::start(bool resume) {
  if (options_.threads > 0) at::set_num_threads(static_cast<int>(options_.threads));
  make_folder(folder_);
  if (!resume &&
      (std::filesystem::exists(checkpoints_.last()) || std::filesystem::exists(checkpoints_.previous()))) {
    fail_usage("{}: holds a run already; add --resume to continue it, or name another folder",
               folder_.string());
  }
  const auto loaded = resume ? checkpoints_.load() : std::nullopt;
  if (loaded) {
    if (!loaded->notice.empty()) notify(loaded->notice);
    restore(loaded->checkpoint, loaded->path.string());
  } else {
    if (resume) notify(fmt::format("{}: no checkpoint to continue from; the run starts", folder_.string()));
    at::manual_seed(static_cast<uint64_t>(options_.seed));
  }
  log_ = std::make_unique<MetricsLog>(folder_, result_.position.iteration, result_.position.evaluation_due);
}

void Trainer::check_options(const Checkpoint& checkpoint, const std::string& source) const {
  for (const auto& difference : option_differences(checkpoint.options, all_options())) {
    const auto& [key, saved, now] = difference;
    if (std::find(std::begin(kFixedOptions), std::end(kFixedOptions), key) != std::end(kFixedOptions)) {
      fail_usage("{}: the run has {} = {}, and was now started with {}; continue it with its own value",
                 source, key, saved, now);
    }
    notify(fmt::format("{}: option {} was {} and is {} from here on", source, key, saved, now));
  }
  if (checkpoint.position.batches != source_.batches()) {
    fail(
        "{}: the run has {} batches in an epoch, the training set now gives {}; continue it with its own "
        "data",
        source, checkpoint.position.batches, source_.batches());
  }
  if (ema_ && !checkpoint.tensors.contains(kEma + "ema_updates")) {
    fail_usage("{}: the run has no averaged weights; continue it with ema_decay=0", source);
  }
}

void Trainer::restore(const Checkpoint& checkpoint, const std::string& source) {
  check_options(checkpoint, source);
  const TensorMap& tensors = checkpoint.tensors;
  import_tensors(tensors, kModel, source, unique_tensors(module_));
  import_tensors(tensors, kOptimizer, source, optimizer_.state());
  if (ema_) import_tensors(tensors, kEma, source, ema_->state());

  TensorMap random;
  for (const auto& [name, state] : tensors) {
    if (name.starts_with(kRandom)) random[name.substr(kRandom.size())] = state;
  }
  if (!tensors.contains(kCpu)) fail("{}: tensor '{}' is missing", source, kCpu);
  set_cpu_rng_state(random.extract("cpu").mapped(), source);
  if (hooks_.load_random_states) hooks_.load_random_states(random);

  result_.position = checkpoint.position;
  result_.best_metric = checkpoint.best_metric;
  guard_ = NonFiniteGuard(checkpoint.position.skipped);
  notify(fmt::format("{}: continuing at epoch {}, batch {} of {}", source, result_.position.epoch,
                     result_.position.batch, result_.position.batches));
}

void Trainer::save_checkpoint() const {
  Checkpoint checkpoint{result_.position, result_.best_metric, all_options(), {}};
  export_tensors(unique_tensors(module_), kModel, checkpoint.tensors);
  export_tensors(optimizer_.state(), kOptimizer, checkpoint.tensors);
  if (ema_) export_tensors(ema_->state(), kEma, checkpoint.tensors);
  checkpoint.tensors[kCpu] = cpu_rng_state();
  if (hooks_.save_random_states) {
    for (const auto& [name, state] : hooks_.save_random_states()) checkpoint.tensors[kRandom + name] = state;
  }
  checkpoints_.save(checkpoint);
}

void Trainer::save_model(const char* name) const {
  if (!hooks_.save_model) return;
  const EmaScope average(ema_.get());
  hooks_.save_model(folder_ / name);
}

void Trainer::save_all() const {
  save_checkpoint();
  save_model("last.safetensors");
}

nlohmann::json Trainer::all_options() const {
  nlohmann::json all = run_options_;
  all["train"] = options_to_json(options_);
  return all;
}

}  // namespace focus::train
