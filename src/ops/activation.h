#pragma once

namespace focus::ops {

/// The activation after a convolution or a linear layer, applied in the same pass where possible.
enum class Activation { kNone, kRelu, kRelu6, kGelu };

/// The activation that a product with gradients can apply in the same pass, which is one whose derivative
/// follows from its result: ReLU. Others are applied afterwards.
constexpr Activation taken_inside(Activation activation) {
  return activation == Activation::kRelu ? activation : Activation::kNone;
}

}  // namespace focus::ops
