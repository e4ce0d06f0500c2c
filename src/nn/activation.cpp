#include "nn/activation.h"

namespace focus::nn {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kRelu6:
      return at::hardtanh(x, 0, 6);  // Unlike clamp, one pass backward.
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kNone:
      break;
  }
  return x;
}

}  // namespace focus::nn
