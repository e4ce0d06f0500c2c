#pragma once

namespace focus::ops {

/// What follows a convolution or a linear layer, where possible in the same pass.
enum class Activation { kNone, kRelu, kRelu6, kGelu };

/// Of an activation, what a product with gradients can run in its own pass: one whose derivative its result
/// tells. The others come after it.
constexpr Activation taken_inside(Activation activation) {
  return activation == Activation::kRelu ? activation : Activation::kNone;
}

}  // namespace focus::ops
