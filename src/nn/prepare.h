// Fast inference is the same model, prepared: layers pack their weights, models do not know about it.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <utility>

#include "nn/reference_path.h"

namespace focus::nn {

/// A layer that can run from packed weights.
class Preparable {
 public:
  virtual ~Preparable() = default;

  /// Packs the weights as they are now; they are read no more until the packing is dropped.
  virtual void prepare() = 0;
};

/// Packs every layer of `root` for float32 inference on the CPU. The packed weights run where no gradient is
/// wanted; switching to training drops them.
void prepare(torch::nn::Module& root);

/// A packed form of a layer's weights, or none. Copies of the layer share it.
template <typename T>
class Packed {
 public:
  template <typename... Args>
  void emplace(Args&&... args) {
    packed_ = std::make_shared<T>(std::forward<Args>(args)...);
  }
  void reset() { packed_.reset(); }

  /// The packed form when it may be used: there is one, no gradient is wanted, nor the reference's way.
  const T* usable() const {
    const bool plain = at::GradMode::is_enabled() || ReferencePath::active();
    return packed_ && !plain ? packed_.get() : nullptr;
  }

 private:
  std::shared_ptr<const T> packed_;
};

}  // namespace focus::nn
