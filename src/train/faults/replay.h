// A step that went wrong, in a file: the model, the batch, the random state and the options of the run.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>

#include "train/checkpoint.h"
#include "train/faults/fault.h"

namespace focus::train {

/// Writes `checkpoint`, which has no tensors yet, with those of the module and the attempt. Throws Error
/// naming the path.
void write_replay(const std::filesystem::path& path, Checkpoint checkpoint, const torch::nn::Module& module,
                  const Attempt& attempt);

/// What a replay found, and in which step of the run.
struct Replay {
  Position position;
  std::vector<int64_t> images;  ///< Indices in the training set.
  FaultReport report;
};

/// Repeats the forward and backward pass of a file from write_replay, with the options in it. Throws
/// Error naming the file and the tensor or option if it is no such file.
Replay replay(const std::filesystem::path& path);

}  // namespace focus::train
