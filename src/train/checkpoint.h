// Everything a run needs to continue as if it had never stopped, in one safetensors file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "train/module_tensors.h"

namespace focus::train {

/// Where a run is. The learning rate's schedule is a function of `iteration` and needs nothing else.
struct Position {
  int64_t epoch = 0;            ///< Epoch of the next batch, from 0.
  int64_t batch = 0;            ///< Index in that epoch of the next batch.
  int64_t iteration = 0;        ///< Optimiser steps done.
  int64_t batches = 0;          ///< Batches in an epoch.
  int64_t skipped = 0;          ///< Of the steps done, those skipped because the gradient was not finite.
  bool evaluation_due = false;  ///< The epoch before `epoch` is trained but not yet evaluated.
  int64_t processes = 1;        ///< Processes that train together; `batch` and `batches` are per process.

  bool operator==(const Position&) const = default;
};

/// The same position in the data for another number of processes, with `batches` batches per epoch and
/// `accumulate` batches per step; a position inside a step moves back to its start.
Position for_processes(const Position& position, int64_t processes, int64_t batches, int64_t accumulate);

/// The content of a checkpoint. `tensors` carry the prefixes "model.", "ema.", "optimizer." and "rng.".
struct Checkpoint {
  Position position;
  std::optional<double> best_metric;
  nlohmann::json options;  ///< All options of the run, nested by group.
  TensorMap tensors;
};

/// Writes atomically. Throws Error naming the path (disk full, folder missing).
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Throws Error naming the path and the field for a file that is not a checkpoint.
Checkpoint read_checkpoint(const std::filesystem::path& path);

/// The two newest checkpoints of a run: last.checkpoint.safetensors and previous.checkpoint.safetensors.
class CheckpointFolder {
 public:
  explicit CheckpointFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Loaded {
    Checkpoint checkpoint;
    std::filesystem::path path;  ///< The file it came from.
    std::string notice;          ///< Why it is not the last one, in one line; empty if it is.
  };

  /// The new checkpoint becomes the last one and the last one the previous one, once the new one is complete.
  void save(const Checkpoint& checkpoint) const;

  /// The last checkpoint, or the previous one if the last is missing or damaged; nothing if there is none.
  /// Throws Error if there are files but none can be read.
  std::optional<Loaded> load() const;

  /// Throws UsageError if there is one: a new run must not overwrite another.
  void refuse_if_any() const;

  std::filesystem::path last() const { return folder_ / "last.checkpoint.safetensors"; }
  std::filesystem::path previous() const { return folder_ / "previous.checkpoint.safetensors"; }

 private:
  std::filesystem::path folder_;
};

}  // namespace focus::train
