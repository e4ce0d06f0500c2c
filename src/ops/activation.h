#pragma once

namespace focus::ops {

/// What follows a convolution or a linear layer, where possible in the same pass.
enum class Activation { kNone, kRelu, kRelu6, kGelu };

/// The activation that a product with gradients can apply in its own pass: one whose derivative follows from
/// its result. Others are applied afterwards.
constexpr Activation taken_inside(Activation activation) {
  return activation == Activation::kRelu ? activation : Activation::kNone;
}

}  // namespace focus::ops
