#include "train/trainer.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/error.h"
#include "train/rng_state.h"

namespace focus::train {
namespace {

int64_t steps_per_epoch(int64_t batches, int64_t accumulate) {
  return (batches + accumulate - 1) / accumulate;
}

/// One line of what went wrong; LibTorch's errors would add a backtrace.
std::string reason_of(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

Trainer::Trainer(TrainOptions options, torch::nn::Module& module, BatchSource& source, TrainerHooks hooks,
                 std::filesystem::path folder, nlohmann::json run_options)
    : options_(std::move(options)),
      module_(module),
      source_(source),
      hooks_(std::move(hooks)),
      folder_(std::move(folder)),
      run_options_(std::move(run_options)),
      optimizer_(optimized_parameters(module, options_.optimizer), options_.optimizer),
      schedule_(options_.schedule, options_.epochs, steps_per_epoch(source.batches(), options_.accumulate)),
      ema_(options_.ema_decay > 0 ? std::make_unique<Ema>(module, options_.ema_decay) : nullptr),
      checkpoints_(folder_) {
  if (optimizer_.parameters().empty()) fail_usage("nothing to train: every parameter of the model is frozen");
  if (source.batches() == 0) fail_usage("nothing to train on: the training set has not one batch");
  if (!hooks_.notify) {
    hooks_.notify = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  }
  result_.position.batches = source.batches();
}

TrainResult Trainer::run(bool resume) {
  start(resume);
  signal_.emplace();
  deadline_ = options_.max_minutes > 0 ? seconds_now() + 60 * options_.max_minutes
                                       : std::numeric_limits<double>::infinity();
  const Position& position = result_.position;
  while (position.evaluation_due || position.epoch < options_.epochs) {
    if (should_stop()) break;
    position.evaluation_due ? evaluate() : train_epoch();
  }
  progress_.reset();
  signal_.reset();
  log_.reset();
  return result_;
}

bool Trainer::should_stop() {
  if (signal_->requested()) {
    result_.reason = StopReason::kSignal;
  } else if (seconds_now() >= deadline_) {
    result_.reason = StopReason::kTimeLimit;
  }
  return result_.reason != StopReason::kFinished;
}

void Trainer::train_epoch() {
  Position& position = result_.position;
  module_.train(true);
  source_.start_epoch(position.epoch, position.batch);
  means_ = {};
  while (position.batch < position.batches) {
    train_step();
    show_progress();
    const bool last = position.batch == position.batches;
    if (last || position.iteration % options_.log_every == 0)
      write_log("train", position.epoch, means_.take());
    if (last) break;
    if (should_stop()) return save_all();
    if (options_.checkpoint_every > 0 && position.iteration % options_.checkpoint_every == 0)
      save_checkpoint();
  }
  if (progress_) progress_->finish();
  progress_.reset();
  ++position.epoch;
  position.batch = 0;
  position.evaluation_due = hooks_.evaluate && options_.eval_every > 0 &&
                            (position.epoch % options_.eval_every == 0 || position.epoch == options_.epochs);
  save_all();
}

void Trainer::train_step() {
  Position& position = result_.position;
  const double lr = options_.optimizer.lr * schedule_.factor(position.iteration);
  const int64_t batches = std::min(options_.accumulate, position.batches - position.batch);
  for (int64_t i = 0; i < batches; ++i) {
    const double asked = seconds_now();
    const auto batch = source_.next();
    if (!batch) {
      fail("epoch {}: the data ended at batch {} of {}", position.epoch, position.batch + i,
           position.batches);
    }
    means_.add_batch(static_cast<int64_t>(batch->indices.size()), seconds_now() - asked);
    backward(*batch, 1.0 / static_cast<double>(batches));
  }
  const double norm = gradient_norm(optimizer_.parameters());
  if (guard_.accept(norm)) {
    optimizer_.step(lr, clip_factor(norm, options_.optimizer.clip_grad_norm));
    if (ema_) ema_->update();
    means_.add("gradient_norm", norm);
  } else {
    notify(fmt::format("step {}: the norm of the gradient is {}; step skipped, {} so far", position.iteration,
                       norm, guard_.skipped()));
  }
  optimizer_.zero_grad();
  means_.add("lr", lr);
  position.batch += batches;
  ++position.iteration;
  position.skipped = guard_.skipped();
}

void Trainer::backward(const data::Batch& batch, double share) {
  try {
    const at::AutoGradMode gradients(true);
    const losses::LossResult loss = hooks_.loss(batch);
    (loss.total * share).backward();
    add_to_means(loss);
  } catch (const std::exception& error) {
    const Position& position = result_.position;
    fail("epoch {}, step {}: the pictures with indices {} in the training set could not be trained on: {}",
         position.epoch, position.iteration, fmt::join(batch.indices, ", "), reason_of(error));
  }
}

void Trainer::add_to_means(const losses::LossResult& loss) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> values{loss.total.detach().to(at::kDouble).view({1})};
  for (const auto& term : loss.weighted) values.push_back(term.second.detach().to(at::kDouble).view({1}));
  // One copy for all: each copy from a GPU waits for it.
  const at::Tensor all = at::cat(values).cpu();
  const double* value = all.data_ptr<double>();
  means_.add("loss", *value++);
  for (const auto& term : loss.weighted) means_.add(term.first, *value++);
}

void Trainer::evaluate() {
  Position& position = result_.position;
  {
    const RngScope random;
    const EmaScope average(ema_.get());
    const at::NoGradGuard no_grad;
    module_.eval();
    result_.metrics = hooks_.evaluate();
  }
  write_log("eval", position.epoch - 1, {result_.metrics.begin(), result_.metrics.end()});
  const auto metric = result_.metrics.find(hooks_.best_metric);
  if (metric == result_.metrics.end()) fail("the evaluation has no metric '{}'", hooks_.best_metric);
  if (std::isfinite(metric->second) && metric->second > result_.best_metric.value_or(-1e300)) {
    result_.best_metric = metric->second;
    save_model("best.safetensors");
  }
  position.evaluation_due = false;
  save_checkpoint();
}

void Trainer::show_progress() {
  const Position& position = result_.position;
  if (hooks_.progress == nullptr) return;
  if (!progress_) {
    progress_ = std::make_unique<Progress>(fmt::format("epoch {}/{}", position.epoch + 1, options_.epochs),
                                           schedule_.iterations(), position.iteration, hooks_.progress);
  }
  progress_->update(position.iteration, progress_suffix(means_.means()));
}

void Trainer::notify(const std::string& line) const {
  progress_.reset();
  hooks_.notify(line);
}

void Trainer::write_log(const std::string& kind, int64_t epoch, const Metrics& metrics) {
  log_->write(kind, epoch, result_.position.iteration, metrics);
}

}  // namespace focus::train
