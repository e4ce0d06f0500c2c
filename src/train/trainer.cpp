#include "train/trainer.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/console.h"
#include "base/error.h"
#include "nn/rng_state.h"

namespace focus::train {
namespace {

int64_t steps_per_epoch(int64_t batches, int64_t accumulate) {
  return (batches + accumulate - 1) / accumulate;
}

/// The error in one line; LibTorch's errors would add a backtrace.
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
    hooks_.notify = [](const std::string& line) { print_note("{}", line); };
  }
  for (const auto& buffer : module.named_buffers()) buffers_.push_back({buffer.key(), buffer.value()});
  result_.position.batches = source.batches();
  result_.position.processes = processes();
  if (hooks_.collective) {
    std::vector<at::Tensor> parameters;
    for (const auto& parameter : optimizer_.parameters()) parameters.push_back(parameter.value);
    reducer_ = std::make_unique<GradientReducer>(std::move(parameters), *hooks_.collective);
  }
}

TrainResult Trainer::run(bool resume) {
  start(resume);
  if (hooks_.started) hooks_.started();
  first_iteration_ = result_.position.iteration;
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
  if (log_) log_->flush();
  log_.reset();
  return result_;
}

bool Trainer::should_stop() {
  // All processes stop at the same step: one that was asked to asks the others.
  auto reasons = at::tensor({signal_->requested() ? 1.0 : 0.0, seconds_now() >= deadline_ ? 1.0 : 0.0});
  if (hooks_.collective) hooks_.collective->sum(reasons);
  if (reasons[0].item<double>() > 0) {
    result_.reason = StopReason::kSignal;
  } else if (reasons[1].item<double>() > 0) {
    result_.reason = StopReason::kTimeLimit;
  }
  return result_.reason != StopReason::kFinished;
}

double Trainer::sum_over_processes(double value) const {
  return hooks_.collective ? hooks_.collective->sum(value) : value;
}

Metrics Trainer::mean_over_processes(const Metrics& metrics) const {
  if (!hooks_.collective) return metrics;
  auto own = nlohmann::ordered_json::array();
  for (const auto& [name, value] : metrics) own.push_back({name, value});
  // Terms that a batch does not have, such as denoising without boxes, are means over those that have them.
  Metrics means;
  std::map<std::string, std::pair<double, int64_t>> sums;
  for (const auto& text : hooks_.collective->gather(own.dump())) {
    for (const auto& entry : nlohmann::json::parse(text)) {
      const auto name = entry[0].get<std::string>();
      auto& [sum, count] = sums[name];
      if (++count == 1) means.emplace_back(name, 0);
      sum += entry[1].is_null() ? std::nan("") : entry[1].get<double>();
    }
  }
  for (auto& [name, value] : means) {
    const auto& [sum, count] = sums[name];
    value = name == "images_per_second" ? sum : sum / static_cast<double>(count);
  }
  return means;
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
      write_log("train", position.epoch, mean_over_processes(means_.take()));
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
  const int64_t count = std::min(options_.accumulate, position.batches - position.batch);
  std::vector<Attempt> attempts;
  double boxes = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double asked = seconds_now();
    auto batch = next_batch();
    if (!batch) {
      fail("epoch {}: the data ended at batch {} of {}", position.epoch, position.batch + i,
           position.batches);
    }
    means_.add_batch(static_cast<int64_t>(batch->indices.size()), seconds_now() - asked);
    for (const auto& target : batch->targets) boxes += static_cast<double>(target.labels.size(0));
    attempts.push_back({std::move(*batch), {}});
  }
  const double share = 1.0 / static_cast<double>(count);
  // Gradients become means over batches and processes, so each gets its share of all boxes, which may be less
  // than one. A step without any box is divided by one, as a batch without any is.
  const double num_boxes =
      std::max(sum_over_processes(boxes), 1.0) * share / static_cast<double>(processes());
  buffers_before_.clear();
  for (const auto& buffer : buffers_) buffers_before_.push_back(buffer.value.clone());
  for (size_t i = 0; i < attempts.size(); ++i) {
    if (reducer_ && i + 1 == attempts.size()) reducer_->begin();
    attempts[i].random_state = nn::cpu_rng_state();
    backward(attempts[i], share, num_boxes);
  }
  if (reducer_) reducer_->finish();
  const double norm = gradient_norm(optimizer_.parameters());
  if (guard_.accept(norm)) {
    optimizer_.step(lr, clip_factor(norm, options_.optimizer.clip_grad_norm));
    if (ema_) ema_->update();
    means_.add("gradient_norm", norm);
  } else {
    skip_step(attempts, norm, num_boxes);
  }
  optimizer_.zero_grad();
  means_.add("lr", lr);
  position.batch += count;
  ++position.iteration;
  position.skipped = guard_.skipped();
}

std::optional<data::Batch> Trainer::next_batch() {
  try {
    return source_.next();
  } catch (const Error&) {
    // Nothing of this step has been done: what was learned so far is kept. Others cannot be asked for their
    // part of a checkpoint; they are in their step.
    if (!hooks_.collective && result_.position.iteration > first_iteration_) {
      try {
        save_checkpoint();
      } catch (const Error& error) {
        notify(error.what());
      }
    }
    throw;
  }
}

void Trainer::backward(const Attempt& attempt, double share, double num_boxes) {
  const data::Batch& batch = attempt.batch;
  try {
    const at::AutoGradMode gradients(true);
    const losses::LossResult loss = hooks_.loss(batch, num_boxes);
    // A loss that is not finite can have a finite gradient, as a logarithm's of a negative number.
    const at::Tensor total = loss.total.detach();
    const auto trusted = at::where(at::isfinite(total), at::ones_like(total),
                                   at::full_like(total, std::numeric_limits<double>::quiet_NaN()));
    (loss.total * trusted * share).backward();
    add_to_means(loss);
  } catch (const losses::NonFiniteError&) {
    // No loss, no gradient: one value tells all processes that this step is to be skipped.
    const auto& parameter = optimizer_.parameters().front().value;
    parameter.mutable_grad() = at::full_like(parameter, std::numeric_limits<double>::quiet_NaN());
  } catch (const std::exception& error) {
    const Position& position = result_.position;
    fail("epoch {}, step {}: the images with indices {} in the training set could not be trained on: {}",
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
    const nn::RngScope random;
    const EmaScope average(ema_.get());
    const at::NoGradGuard no_grad;
    module_.eval();
    result_.metrics = hooks_.evaluate();
  }
  if (hooks_.collective) {
    const auto of_leader = hooks_.collective->broadcast(nlohmann::json(result_.metrics).dump());
    result_.metrics.clear();
    const auto metrics = nlohmann::json::parse(of_leader);
    for (const auto& [name, value] : metrics.items()) {
      result_.metrics[name] = value.is_null() ? std::nan("") : value.get<double>();
    }
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
  if (hooks_.progress == nullptr || !leads()) return;
  if (!progress_) {
    progress_ = std::make_unique<Progress>(fmt::format("epoch {}/{}", position.epoch + 1, options_.epochs),
                                           schedule_.iterations(), position.iteration, hooks_.progress);
  }
  progress_->update(position.iteration, progress_suffix(means_.means()));
}

void Trainer::notify(const std::string& line) const {
  if (!leads()) return;
  progress_.reset();
  hooks_.notify(line);
}

void Trainer::write_log(const std::string& kind, int64_t epoch, const Metrics& metrics) {
  if (!log_) return;
  // A log that cannot be written must not end the training; it may be written later.
  try {
    log_->write(kind, epoch, result_.position.iteration, metrics);
    log_fails_ = false;
  } catch (const Error& error) {
    if (!log_fails_) {
      notify(fmt::format("warning: {}; the training goes on, and writes what is missing when it can",
                         error.what()));
    }
    log_fails_ = true;
  }
}

}  // namespace focus::train
