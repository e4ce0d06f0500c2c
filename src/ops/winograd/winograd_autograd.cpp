#include "ops/winograd/winograd_autograd.h"

#include <torch/csrc/autograd/custom_function.h>

#include "ops/recorded.h"
#include "ops/winograd/winograd.h"

namespace focus::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
/// With fewer pixels, transforming the weights takes as long as the products save.
constexpr int64_t kLeastPixels = 1024;

class WinogradConv2d : public torch::autograd::Function<WinogradConv2d> {
 public:
  /// `apply` accepts undefined tensors only as optionals.
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          const c10::optional<Variable>& bias, bool relu) {
    const auto source = x.contiguous(kChannelsLast);
    auto y =
        WinogradConvolution(weight, bias.value_or(Variable()), relu ? Activation::kRelu : Activation::kNone)
            .run(source);
    context->save_for_backward(relu ? variable_list{source, weight, y} : variable_list{source, weight});
    context->saved_data["biased"] = bias.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto saved = context->get_saved_variables();
    const auto& source = saved[0];
    const auto& weight = saved[1];
    const bool relu = saved.size() == 3;
    const auto grad = (relu ? at::threshold_backward(grad_output[0], saved[2], 0) : grad_output[0])
                          .contiguous(kChannelsLast);
    Variable grad_source, grad_weight, grad_bias;
    if (context->needs_input_grad(0)) {
      grad_source = WinogradConvolution(weight.size(0), weight.size(1),
                                        winograd_weights(weight, /*turned=*/true), {}, Activation::kNone)
                        .run(grad);
    }
    if (context->needs_input_grad(1)) grad_weight = winograd_weight_gradient(source, grad);
    if (context->saved_data["biased"].toBool() && context->needs_input_grad(2))
      grad_bias = grad.sum({0, 2, 3});
    return {grad_source, grad_weight, grad_bias, Variable()};
  }
};

}  // namespace

bool winograd_suits(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t groups) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat && x.dim() == 4 &&
         x.size(0) * x.size(2) * x.size(3) >= kLeastPixels &&
         WinogradConvolution::fits(weight.size(1) * groups, weight.size(0), weight.size(2), stride, groups,
                                   Activation::kNone);
}

at::Tensor winograd_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           Activation activation) {
  TORCH_CHECK(activation == taken_inside(activation),
              "winograd_conv2d: this activation cannot be part of the product");
  return recorded("focus_detr::winograd_conv2d", {x, weight, bias}, [&] {
    return WinogradConv2d::apply(x, weight, bias.defined() ? c10::make_optional(bias) : c10::nullopt,
                                 activation == Activation::kRelu);
  });
}

}  // namespace focus::ops
