#include "ops/packed/packed_linear.h"

namespace focus::ops {

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias, const LinearOptions& options) {
  if (options.precision == Precision::kInt8) {
    quantised_.emplace(weight, bias, options.activation, options.nonnegative);
  } else {
    packed_.emplace(weight.unsqueeze(-1).unsqueeze(-1), bias,
                    ConvolutionOptions{.activation = options.activation,
                                       .precision = options.precision,
                                       .float_output = options.float_output});
  }
}

at::Tensor PackedLinear::run(const at::Tensor& x, const at::Tensor& addend) const {
  return quantised_ ? quantised_->run(x, addend) : packed_->run_rows(x, addend);
}

}  // namespace focus::ops
