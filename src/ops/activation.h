#pragma once

namespace focus::ops {

/// What follows a convolution or a linear layer, where possible in the same pass.
enum class Activation { kNone, kRelu, kRelu6, kGelu };

}  // namespace focus::ops
