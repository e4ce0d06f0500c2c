// A training step whose loss or gradient is not finite: its input, its cause, and a file from which it can be
// repeated.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "data/loader.h"
#include "losses/criterion.h"
#include "train/module_tensors.h"

namespace focus::train {

/// A batch and the state of the random number generator with which its forward pass begins.
struct Attempt {
  data::Batch batch;
  at::Tensor random_state;
};

/// What repeating an attempt showed.
struct FaultReport {
  std::string cause;  ///< Where the first value that is not finite comes from, in words; empty: all are.
  double loss = 0;
  double gradient_norm = 0;
  std::vector<std::pair<std::string, double>> terms;  ///< Of the loss, weighted.
};

/// Computes loss and gradients of an attempt again and says where numbers first go bad: in a parameter or
/// buffer, in an image or box, or in an operation (train/finite_watch.h). Gradients are added to those of
/// the module; its buffers, such as running means, are afterwards what they were, and so is the random state.
FaultReport look_again(torch::nn::Module& module, const Attempt& attempt,
                       const std::function<losses::LossResult(const data::Batch&)>& loss);

/// A batch as tensors for a file, under "batch."; and back. import_batch throws Error naming `source` and the
/// tensor for tensors that are not a batch.
void export_batch(const data::Batch& batch, TensorMap& into);
data::Batch import_batch(const TensorMap& tensors, const std::string& source);

}  // namespace focus::train
