// Preparation for fast inference: layers pack their weights, without models having to know.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>

#include "nn/activation_ranges.h"
#include "nn/reference_path.h"
#include "ops/packed/precision.h"
#include "ops/quantised/quantised_linear.h"

namespace focus::nn {

using ops::Precision;

/// How one layer is to be packed.
struct LayerPreparation {
  Precision precision = Precision::kFloat32;
  const ActivationRange* range = nullptr;  ///< The layer's input and output ranges; null if unknown.

  /// The precision of what does not run in int8.
  Precision unquantised() const {
    if (precision != Precision::kInt8) return precision;
    return ops::cpu_has_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32;
  }
  /// The precision of a convolution: int8, if requested, only if its ranges are known.
  Precision of_convolution() const {
    return precision == Precision::kInt8 && range != nullptr ? precision : unquantised();
  }
  /// The precision of the last layers of heads, whose results are scores and coordinates: float32 beside int8.
  Precision of_scores() const { return precision == Precision::kInt8 ? Precision::kFloat32 : precision; }
  /// The precision of a linear layer: int8, if requested, only if that is faster here.
  Precision of_linear(int64_t in, int64_t out) const {
    return precision == Precision::kInt8 && ops::QuantisedLinear::pays(in, out) ? precision : unquantised();
  }
};

/// A layer that can run from packed weights.
class Preparable {
 public:
  virtual ~Preparable() = default;

  /// Packs the current weights; later changes have no effect until the packed form is dropped.
  virtual void prepare(const LayerPreparation& how) = 0;
};

/// Packs every layer of `root` for inference on the CPU, if this build can (ops::can_pack). Packed weights
/// are used when gradients are disabled; switching to training mode drops them. Int8 is for convolutions that
/// have ranges and for linear layers where it is faster on this CPU, except those to be kept. Throws UsageError
/// if this CPU lacks the precision, and for int8 without ranges.
void prepare(torch::nn::Module& root, Precision precision = Precision::kFloat32,
             const Quantisation& quantisation = {});

/// Packs one layer of a model as prepare does, by its name there.
void prepare_layer(Preparable& layer, const std::string& name, Precision precision,
                   const Quantisation& quantisation);

/// A packed form of a layer's weights, or none. Copies of the layer share it.
template <typename T>
class Packed {
 public:
  template <typename... Args>
  void emplace(Args&&... args) {
    packed_ = std::make_shared<T>(std::forward<Args>(args)...);
  }
  void reset() { packed_.reset(); }

  /// The packed form, or null if there is none, gradients are enabled or the reference's path is active.
  const T* usable() const {
    const bool plain = at::GradMode::is_enabled() || ReferencePath::active();
    return packed_ && !plain ? packed_.get() : nullptr;
  }

 private:
  std::shared_ptr<const T> packed_;
};

}  // namespace focus::nn
