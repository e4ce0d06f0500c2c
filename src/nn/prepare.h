// Preparation for fast inference: layers pack their weights; models are unaware of it.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <utility>

#include "nn/activation_ranges.h"
#include "nn/reference_path.h"
#include "ops/packed/precision.h"

namespace focus::nn {

using ops::Precision;

/// How one layer is to be packed.
struct LayerPreparation {
  Precision precision = Precision::kFloat32;
  const ActivationRange* range = nullptr;  ///< What the layer read and returned; null if that is not known.

  /// The precision of layers that are never run in 8 bits.
  Precision unquantised() const {
    if (precision != Precision::kInt8) return precision;
    return ops::cpu_has_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32;
  }
  /// The precision of a convolution: 8 bits where ranges are known.
  Precision of_convolution() const {
    return precision == Precision::kInt8 && range != nullptr ? precision : unquantised();
  }
};

/// A layer that can run from packed weights.
class Preparable {
 public:
  virtual ~Preparable() = default;

  /// Packs the weights as they are now; they are read no more until the packing is dropped.
  virtual void prepare(const LayerPreparation& how) = 0;
};

/// Packs every layer of `root` for inference on the CPU, if this program can (ops::can_pack). The packed
/// weights run where no gradient is wanted; switching to training drops them. Int8 is for convolutions that
/// `ranges` knows. Throws UsageError when this CPU lacks the precision, and for int8 without ranges.
void prepare(torch::nn::Module& root, Precision precision = Precision::kFloat32,
             const ActivationRanges& ranges = {});

/// A packed form of a layer's weights, or none. Copies of the layer share it.
template <typename T>
class Packed {
 public:
  template <typename... Args>
  void emplace(Args&&... args) {
    packed_ = std::make_shared<T>(std::forward<Args>(args)...);
  }
  void reset() { packed_.reset(); }

  /// The packed form if it may be used: it exists, no gradient is wanted and the reference's path is not
  /// active.
  const T* usable() const {
    const bool plain = at::GradMode::is_enabled() || ReferencePath::active();
    return packed_ && !plain ? packed_.get() : nullptr;
  }

 private:
  std::shared_ptr<const T> packed_;
};

}  // namespace focus::nn
