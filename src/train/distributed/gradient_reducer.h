// Gradients as means over all processes, summed while the backward pass still runs.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>

#include <memory>
#include <vector>

#include "train/distributed/collective.h"

namespace focus::train {

/// Gathers parameters in buckets, in the reverse of their order, which is about the order their gradients
/// come in. As soon as a bucket has all its gradients its sum is started, while the backward pass goes on.
/// Parameters that a pass does not use count as zero; those that no process used keep no gradient (as Li et
/// al., PyTorch Distributed, VLDB 2020).
class GradientReducer {
 public:
  static constexpr int64_t kBucketBytes = int64_t{4} << 20;

  /// @param parameters float tensors that need gradients, the same in all processes
  GradientReducer(std::vector<at::Tensor> parameters, Collective& collective,
                  int64_t bucket_bytes = kBucketBytes);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  /// Before the backward pass after which the gradients are whole: the last of those that accumulate.
  void begin();
  /// After it: returns when every parameter's gradient is the mean over all processes.
  void finish();

 private:
  struct Bucket {
    std::vector<size_t> parameters;
    int64_t values = 0;
    size_t missing = 0;  ///< gradients that have not come yet
    at::Tensor sum;
    std::unique_ptr<PendingSum> pending;
  };

  void arrived(size_t parameter);
  void send_ready();
  void send(Bucket& bucket);
  void take(Bucket& bucket, const at::Tensor& users);

  std::vector<at::Tensor> parameters_;
  Collective& collective_;
  std::vector<Bucket> buckets_;
  std::vector<size_t> bucket_of_;
  std::vector<char> here_;
  size_t next_ = 0;  ///< the bucket to be sent next: all processes send in one order
  bool active_ = false;
  /// Kept, or the graph would make new ones without our hooks.
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators_;
  std::vector<uintptr_t> hooks_;
};

}  // namespace focus::train
