#include "doctor/convolution_check.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/memory.h"
#include "nn/autocast.h"
#include "nn/convolution.h"
#include "nn/reference_path.h"
#include "nn/tensor_arena.h"
#include "ops/packed/packed_convolution.h"

namespace focus::doctor {
namespace {

struct Shape {
  int64_t in, out, kernel, stride;

  std::string name() const {
    return fmt::format("{0}x{0} of {1} to {2} channels, stride {3}", kernel, in, out, stride);
  }
};

/// Numbers of channels that fill blocks of 16, blocks of 8, and neither, including those of our models.
std::vector<Shape> shapes() {
  constexpr std::array<int64_t, 9> kChannels{16, 24, 40, 60, 64, 72, 91, 96, 100};
  std::vector<Shape> all;
  for (const int64_t out : kChannels) {
    all.push_back({3, out, 7, 2});
    all.push_back({3, out, 3, 2});
    for (const int64_t in : kChannels) {
      for (const int64_t kernel : {1, 3}) all.push_back({in, out, kernel, 1 + (in + out) % 2});
    }
  }
  // Wide ones with stride 2 are trained as planes.
  for (const int64_t out : {100, 128}) all.push_back({96, out, 3, 2});
  return all;
}

/// The result and the gradients of input and weight for a gradient of the result.
std::array<at::Tensor, 3> trained(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                  const Shape& shape, const at::Tensor& gradient) {
  const at::AutoGradMode recording(true);
  const auto input = x.detach().requires_grad_(), parameter = weight.detach().requires_grad_();
  const auto y = nn::convolve_plainly(input, parameter, bias, shape.stride, 1);
  const auto gradients = torch::autograd::grad({y}, {input, parameter}, {gradient.to(y.scalar_type())});
  return {y.detach(), gradients[0], gradients[1]};
}

double off(const at::Tensor& found, const at::Tensor& exact) {
  const auto error = ((found.to(at::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
  return error >= 0 ? error : std::numeric_limits<double>::infinity();  // NaN counts as infinite.
}

void note(double error, const Shape& shape, double& most, std::string& worst) {
  if (error <= most) return;
  most = error;
  worst = shape.name();
}

}  // namespace

ConvolutionErrors convolution_errors() {
  const at::NoGradGuard no_grad;
  const UnwrittenMemoryShows unwritten;
  auto generator = at::detail::createCPUGenerator(7);
  const bool mixed = nn::bfloat16_obstacle().empty();
  ConvolutionErrors errors;
  for (const auto& shape : shapes()) {
    const auto x = at::rand({1, shape.in, 12, 13}, generator);
    const auto weight = at::rand({shape.out, shape.in, shape.kernel, shape.kernel}, generator) - 0.5;
    const auto bias = at::rand({shape.out}, generator);
    const auto in_double = [](const at::Tensor& tensor) { return tensor.to(at::kDouble); };
    const auto size = [&](int64_t side) { return (side - 1) / shape.stride + 1; };
    const auto gradient = at::rand({1, shape.out, size(12), size(13)}, generator);
    const auto exact = trained(in_double(x), in_double(weight), in_double(bias), shape, gradient);
    const auto worst_of = [&] {
      nn::poison_free_memory();
      const auto found = trained(x, weight, bias, shape, gradient);
      return std::max({off(found[0], exact[0]), off(found[1], exact[1]), off(found[2], exact[2])});
    };
    note(worst_of(), shape, errors.trained, errors.worst_trained);
    {
      const nn::ReferencePath as_the_reference;
      note(worst_of(), shape, errors.reference, errors.worst_reference);
    }
    if (mixed) {
      const nn::AutocastScope in_bfloat16(nn::AutocastState::bfloat16());
      note(worst_of(), shape, errors.mixed, errors.worst_mixed);
    }
    if (!ops::can_pack()) continue;
    nn::poison_free_memory();
    const ops::PackedConvolution packed(weight, bias, {.stride = shape.stride, .float_output = true});
    note(off(ops::unblock(packed.run(x), shape.out), exact[0]), shape, errors.prepared,
         errors.worst_prepared);
  }
  return errors;
}

}  // namespace focus::doctor
