// The part of the trainer that saves its state and restores it.
#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "nn/rng_state.h"
#include "train/faults/finite_watch.h"
#include "train/trainer.h"

namespace focus::train {
namespace {

const std::string kModel = "model.", kEma = "ema.", kOptimizer = "optimizer.", kRandom = "rng.",
                  kCpu = "rng.cpu";

/// Options without which the position in the data, and so the run, would mean something else.
const char* const kFixedOptions[] = {"train.seed", "train.batch_size", "train.accumulate"};

/// The name of a rank's generator of random numbers; that of a single process is rank 0's.
std::string cpu_state_of(int64_t rank) { return rank == 0 ? "cpu" : fmt::format("rank{}.cpu", rank); }

}  // namespace

void Trainer::start(bool resume) {
  if (options_.threads > 0) at::set_num_threads(static_cast<int>(options_.threads));
  // Each process draws its own noise; rank 0's is that of a single process.
  at::manual_seed(static_cast<uint64_t>(options_.seed) +
                  (hooks_.collective ? static_cast<uint64_t>(hooks_.collective->world().rank) << 32U : 0));
  bool history_ends_here = true;
  if (leads()) {
    make_folder(folder_);
    if (!resume) checkpoints_.refuse_if_any();
    const auto loaded = resume ? checkpoints_.load() : std::nullopt;
    if (loaded) {
      if (!loaded->notice.empty()) notify(loaded->notice);
      restore(loaded->checkpoint, loaded->path.string());
      history_ends_here = loaded->checkpoint.position.processes == processes();
    } else if (resume) {
      notify(fmt::format("{}: no checkpoint to continue from; the run starts", folder_.string()));
    }
  }
  if (hooks_.collective) share_state();
  if (!leads()) return;
  // Steps of another number of processes count differently: all that was logged stays.
  const int64_t next = history_ends_here ? result_.position.iteration : std::numeric_limits<int64_t>::max();
  log_ = std::make_unique<MetricsLog>(folder_, next, result_.position.evaluation_due && history_ends_here);
}

void Trainer::share_state() {
  auto& collective = *hooks_.collective;
  const at::NoGradGuard no_grad;
  const auto& p = result_.position;
  auto place = at::tensor({p.epoch, p.batch, p.iteration, p.skipped, int64_t{p.evaluation_due},
                           int64_t{result_.best_metric.has_value()}},
                          at::kLong);
  collective.broadcast(place);
  const auto* value = place.data_ptr<int64_t>();
  result_.position = {value[0], value[1], value[2], p.batches, value[3], value[4] != 0, p.processes};
  auto best = at::full({1}, result_.best_metric.value_or(0), at::kDouble);
  collective.broadcast(best);
  if (value[5] != 0) result_.best_metric = best.item<double>();
  guard_ = NonFiniteGuard(result_.position.skipped);
  const auto share = [&](const std::vector<NamedTensor>& tensors) {
    for (const auto& tensor : tensors) {
      auto contiguous = tensor.value.contiguous();
      collective.broadcast(contiguous);
      auto own = tensor.value;
      if (!own.is_same(contiguous)) own.copy_(contiguous);
    }
  };
  share(unique_tensors(module_));
  share(optimizer_.state());
  if (ema_) share(ema_->state());
  // None if the run starts, or had another number of processes.
  const auto states = collective.broadcast(random_states_);
  random_states_.clear();
  if (states.empty() || leads()) return;
  const size_t bytes = states.size() / static_cast<size_t>(processes());
  const auto own = states.substr(bytes * static_cast<size_t>(collective.world().rank), bytes);
  nn::set_cpu_rng_state(
      at::from_blob(const_cast<char*>(own.data()), {static_cast<int64_t>(bytes)}, at::kByte).clone(),
      folder_.string());
}

void Trainer::check_options(const Checkpoint& checkpoint, const std::string& source) const {
  const auto saved_options = hooks_.as_of_today ? hooks_.as_of_today(checkpoint.options) : checkpoint.options;
  const auto options = all_options();
  const auto known = flattened(options);
  for (const auto& difference : json_differences(saved_options, options)) {
    const auto& [key, saved, now] = difference;
    if (!known.contains(key)) continue;  // of an earlier version
    if (std::find(std::begin(kFixedOptions), std::end(kFixedOptions), key) != std::end(kFixedOptions)) {
      fail_usage("{}: the run has {} = {}, and was now started with {}; continue it with its own value",
                 source, key, saved, now);
    }
    notify(fmt::format("{}: option {} was {} and is {} from here on", source, key, saved, now));
  }
  if (checkpoint.position.processes == processes() && checkpoint.position.batches != source_.batches()) {
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
  nn::set_cpu_rng_state(random.at("cpu"), source);
  std::string states;
  for (int64_t rank = 0; random.contains(cpu_state_of(rank)); ++rank) {
    const auto state = random.extract(cpu_state_of(rank)).mapped().contiguous();
    states.append(reinterpret_cast<const char*>(state.data_ptr<uint8_t>()),
                  static_cast<size_t>(state.numel()));
  }
  if (checkpoint.position.processes == processes()) random_states_ = std::move(states);
  if (hooks_.load_random_states) hooks_.load_random_states(random);

  result_.position = checkpoint.position;
  if (checkpoint.position.processes != processes()) {
    result_.position =
        for_processes(checkpoint.position, processes(), source_.batches(), options_.accumulate);
    notify(fmt::format("{}: the run had {} processes and has {} from here on", source,
                       checkpoint.position.processes, processes()));
  }
  result_.best_metric = checkpoint.best_metric;
  guard_ = NonFiniteGuard(checkpoint.position.skipped);
  notify(fmt::format("{}: continuing at epoch {}, batch {} of {}", source, result_.position.epoch,
                     result_.position.batch, result_.position.batches));
}

void Trainer::check_weights() const {
  for (const auto& tensor : unique_tensors(module_)) {
    const auto value = not_finite_in(tensor.value);
    if (value.empty()) continue;
    fail(
        "step {}: the tensor '{}' holds {} after it; nothing was written, {} is the last good checkpoint: "
        "lower train.optimizer.lr and continue with --resume",
        result_.position.iteration, tensor.name, value, checkpoints_.last().string());
  }
}

void Trainer::save_checkpoint() const {
  check_weights();
  const auto state = nn::cpu_rng_state();
  const std::string bytes(reinterpret_cast<const char*>(state.data_ptr<uint8_t>()),
                          static_cast<size_t>(state.numel()));
  const auto states = hooks_.collective ? hooks_.collective->gather(bytes) : std::vector<std::string>{bytes};
  if (!leads()) return;
  Checkpoint checkpoint{result_.position, result_.best_metric, all_options(), {}};
  export_tensors(unique_tensors(module_), kModel, checkpoint.tensors);
  export_tensors(optimizer_.state(), kOptimizer, checkpoint.tensors);
  if (ema_) export_tensors(ema_->state(), kEma, checkpoint.tensors);
  for (size_t rank = 0; rank < states.size(); ++rank) {
    auto& stored = checkpoint.tensors[kRandom + cpu_state_of(static_cast<int64_t>(rank))];
    stored = at::empty({static_cast<int64_t>(states[rank].size())}, at::kByte);
    std::memcpy(stored.data_ptr(), states[rank].data(), states[rank].size());
  }
  if (hooks_.save_random_states) {
    for (const auto& [name, state] : hooks_.save_random_states()) checkpoint.tensors[kRandom + name] = state;
  }
  checkpoints_.save(checkpoint);
}

void Trainer::save_model(const char* name) const {
  if (!hooks_.save_model || !leads()) return;
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
