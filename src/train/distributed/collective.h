// Communication between processes that train together.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "train/distributed/world.h"

namespace focus::train {

/// A sum over all processes that is in progress.
class PendingSum {
 public:
  virtual ~PendingSum() = default;
  /// Returns when the tensor holds the sum. Throws Error if another process was lost.
  virtual void wait() = 0;
};

/// All processes must call the same functions in the same order, with tensors of the same shapes. Every
/// function throws Error, saying so, when another process is gone or does not answer in time.
class Collective {
 public:
  virtual ~Collective() = default;

  virtual const World& world() const = 0;
  /// Starts to replace a tensor by its sum over all processes. The tensor must live until then.
  virtual std::unique_ptr<PendingSum> start_sum(at::Tensor& tensor) = 0;
  /// Replaces a tensor by rank 0's.
  virtual void broadcast(at::Tensor& tensor) = 0;

  void sum(at::Tensor& tensor) { start_sum(tensor)->wait(); }
  double sum(double value);
  /// The text of each process, by rank.
  std::vector<std::string> gather(const std::string& bytes);
  /// Rank 0's text, on every rank.
  std::string broadcast(const std::string& bytes);
};

/// Finds the others through rank 0 and connects by Gloo, and for tensors of CUDA devices by NCCL where
/// LibTorch has it, within `timeout_seconds`, which is also how long a process waits for one that is alive
/// but silent. A process that has ended is noticed at once. Throws Error naming rank 0's address; UsageError
/// in a program built without Gloo.
std::unique_ptr<Collective> connect(const World& world, double timeout_seconds);

}  // namespace focus::train
