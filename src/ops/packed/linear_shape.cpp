#include "ops/packed/linear_shape.h"

#include "base/error.h"

namespace focus::ops {

std::vector<int64_t> linear_output_shape(const at::Tensor& x, const at::Tensor& addend, int64_t in,
                                         int64_t out) {
  if (x.size(-1) != in) fail("a linear layer of {} inputs got rows of {}", in, x.size(-1));
  auto shape = x.sizes().vec();
  shape.back() = out;
  if (addend.defined() && addend.sizes() != at::IntArrayRef(shape)) {
    fail("a linear layer's output {} and its addend {} differ in shape", fmt::join(shape, " x "),
         fmt::join(addend.sizes(), " x "));
  }
  return shape;
}

}  // namespace focus::ops
