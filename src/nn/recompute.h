// Memory for time: parts of a model keep only their inputs for the backward pass and are computed again there
// (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace focus::nn {

/// While one lives, the calling thread's `recomputed` parts keep only their inputs.
class RecomputeScope {
 public:
  explicit RecomputeScope(bool on = true);
  ~RecomputeScope();
  RecomputeScope(const RecomputeScope&) = delete;
  RecomputeScope& operator=(const RecomputeScope&) = delete;

 private:
  bool before_;
};

/// A part of a model, from all the tensors that may need gradients, except its own parameters, to one tensor.
/// It is called once more in the backward pass, with equal inputs and the same random state, so what it
/// refers to must live as long as the graph.
using RecomputablePart = std::function<at::Tensor(at::TensorList)>;

/// part(inputs), with the same bits inside and outside a RecomputeScope, and the same gradients up to the
/// order in which autograd adds what comes back to one tensor from several places.
at::Tensor recomputed(const RecomputablePart& part, at::TensorList inputs);

/// Whether the calling thread is inside such a second call: code that counts calls, such as running means,
/// must not count it.
bool is_recomputing();

}  // namespace focus::nn
