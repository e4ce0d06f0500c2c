#include "nn/activation.h"

#include "nn/autocast.h"

namespace focus::nn {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kRelu6:
      // Unlike clamp, one pass backward; LibTorch has that for float32 only on CPUs.
      return at::hardtanh(at_least_float32(x), 0, 6);
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kNone:
      break;
  }
  return x;
}

}  // namespace focus::nn
