// Activation checkpointing: parts of a model keep only their inputs for the backward pass and are computed
// again there (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace focus::nn {

/// While one exists, `recomputed` parts in the thread that made it keep only their inputs.
class RecomputeScope {
 public:
  explicit RecomputeScope(bool on = true);
  ~RecomputeScope();
  RecomputeScope(const RecomputeScope&) = delete;
  RecomputeScope& operator=(const RecomputeScope&) = delete;

 private:
  bool before_;
};

/// A part of a model: a function of all tensors that may need gradients, except its own parameters, to one
/// tensor. It is called again in the backward pass, with equal inputs and the same random state, so what it
/// refers to must live as long as the graph.
using RecomputablePart = std::function<at::Tensor(at::TensorList)>;

/// part(inputs). Results are bit-identical inside and outside a RecomputeScope; gradients too, except for the
/// order in which autograd sums the gradients that one tensor gets from several uses.
at::Tensor recomputed(const RecomputablePart& part, at::TensorList inputs);

/// Whether the calling thread is inside such a second call, which code that accumulates over calls, such as
/// running means, must ignore.
bool is_recomputing();

}  // namespace focus::nn
