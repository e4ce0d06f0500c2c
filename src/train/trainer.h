// The training loop: steps, logs, evaluates, keeps the best model, and can be stopped and continued at any
// step.
#pragma once

#include <torch/nn/module.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/progress.h"
#include "base/stop_signal.h"
#include "losses/criterion.h"
#include "train/batch_source.h"
#include "train/checkpoint.h"
#include "train/clip.h"
#include "train/distributed/collective.h"
#include "train/distributed/gradient_reducer.h"
#include "train/ema.h"
#include "train/faults/fault.h"
#include "train/metrics_log.h"
#include "train/optimizer.h"
#include "train/options.h"
#include "train/running_means.h"
#include "train/schedule.h"

namespace focus::train {

/// What a trainer calls. Only `loss` is required.
struct TrainerHooks {
  /// The loss of one batch: forward pass and criterion. `total` is a scalar with a gradient; `weighted` its
  /// terms. What sums over boxes is to be divided by `num_boxes`: then a step of several batches or processes
  /// is the step of one batch that holds all their images.
  std::function<losses::LossResult(const data::Batch&, double num_boxes)> loss;
  /// Metrics on the validation set. The module is in evaluation mode, with averaged weights if there are any.
  std::function<std::map<std::string, double>()> evaluate;
  /// The metric of `evaluate` that decides which model is best: the larger the better.
  std::string best_metric = "AP";
  /// Called once the run is begun, or found to continue the one that is there.
  std::function<void()> started;
  /// Writes the module as a model file.
  std::function<void(const std::filesystem::path&)> save_model;
  /// Random states other than the default CPU generator's, by name: read for a checkpoint and set on
  /// resuming.
  std::function<TensorMap()> save_random_states;
  std::function<void(const TensorMap&)> load_random_states;
  /// The processes that train together; null: this one alone. All of them need the same options, the hooks
  /// and a source that deals each its own batches. Rank 0 alone reads and writes the folder and speaks.
  std::shared_ptr<Collective> collective;
  /// A checkpoint's `run_options` under today's names, if an older version may have written it. Default:
  /// as they are.
  std::function<nlohmann::json(nlohmann::json)> as_of_today;
  /// Receives every notice, one line each. Default: standard error.
  std::function<void(const std::string&)> notify;
  /// Where progress is shown; null: nowhere.
  std::FILE* progress = stderr;
};

/// Why a run returned.
enum class StopReason { kFinished, kSignal, kTimeLimit };

struct TrainResult {
  StopReason reason = StopReason::kFinished;
  Position position;
  std::map<std::string, double> metrics;  ///< Of the last evaluation in this call.
  std::optional<double> best_metric;
};

/// Trains a module. In `folder`: last.safetensors and best.safetensors (models), last.checkpoint.safetensors
/// and previous.checkpoint.safetensors (everything to continue), metrics.jsonl and TensorBoard events.
///
/// A step whose loss or gradient is not finite is skipped: the first of them in a row is looked into, said,
/// and kept as fault-ITERATION.safetensors for replay (train/replay.h).
///
/// A run that was stopped and resumed ends with the same bits as one that was not, given the same number of
/// threads: the position, all random states, the optimiser and the average are in the checkpoint, and
/// evaluation does not touch the random state of training.
class Trainer {
 public:
  /// `module`, `source` and everything the hooks refer to must outlive the trainer. `run_options` are the
  /// options of the model, the data and so on, kept in checkpoints. Throws UsageError for options that
  /// contradict each other and for a module without anything to train.
  Trainer(TrainOptions options, torch::nn::Module& module, BatchSource& source, TrainerHooks hooks,
          std::filesystem::path folder, nlohmann::json run_options = nlohmann::json::object());

  /// Trains to the end of the last epoch, a signal or the time limit. With `resume` it continues from the
  /// folder's checkpoint, or starts if there is none. Throws UsageError if there is one and `resume` is
  /// false; Error, naming the batch's images, if a step fails, and if too many in a row had to be skipped.
  TrainResult run(bool resume);

 private:
  void start(bool resume);
  void restore(const Checkpoint& checkpoint, const std::string& source);
  void share_state();
  void check_options(const Checkpoint& checkpoint, const std::string& source) const;

  void train_epoch();
  void train_step();
  std::optional<data::Batch> next_batch();
  void backward(const Attempt& attempt, double share, double num_boxes);
  void skip_step(const std::vector<Attempt>& attempts, double norm, double num_boxes);
  std::string look_into(const std::vector<Attempt>& attempts, double num_boxes);
  std::string keep_for_replay(const Attempt& attempt);
  void check_weights() const;
  void add_to_means(const losses::LossResult& loss);
  void evaluate();
  void show_progress();
  void notify(const std::string& line) const;
  void write_log(const std::string& kind, int64_t epoch, const Metrics& metrics);
  bool should_stop();

  bool leads() const { return !hooks_.collective || hooks_.collective->world().leads(); }
  int64_t processes() const { return hooks_.collective ? hooks_.collective->world().size : 1; }
  double sum_over_processes(double value) const;
  Metrics mean_over_processes(const Metrics& metrics) const;

  void save_checkpoint() const;
  void save_model(const char* name) const;
  void save_all() const;
  nlohmann::json all_options() const;

  TrainOptions options_;
  torch::nn::Module& module_;
  BatchSource& source_;
  TrainerHooks hooks_;
  std::filesystem::path folder_;
  nlohmann::json run_options_;

  AdamW optimizer_;
  Schedule schedule_;
  std::unique_ptr<Ema> ema_;
  CheckpointFolder checkpoints_;
  std::unique_ptr<GradientReducer> reducer_;  ///< With other processes only.
  std::unique_ptr<MetricsLog> log_;           ///< Rank 0's only.
  bool log_fails_ = false;                    ///< And it was said.
  NonFiniteGuard guard_;
  int64_t first_iteration_ = 0;  ///< Of this call.
  int64_t replay_files_ = 0;
  std::vector<NamedTensor> buffers_;        ///< Of the module, such as running means.
  std::vector<at::Tensor> buffers_before_;  ///< The step: a step that is skipped leaves no trace.
  RunningMeans means_;
  mutable std::unique_ptr<Progress> progress_;  ///< Ends its line when something else is to be shown.
  std::optional<StopSignal> signal_;
  double deadline_ = 0;
  std::string random_states_;  ///< Of all ranks, from a checkpoint, until they are shared out.
  TrainResult result_;
};

}  // namespace focus::train
