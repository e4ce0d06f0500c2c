#include "ops/packed/linear_autograd.h"

#include <torch/csrc/autograd/custom_function.h>

#include "ops/packed/packed_convolution.h"
#include "ops/recorded.h"

namespace focus::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// With fewer rows or columns, reordering the weights takes longer than the product saves.
constexpr int64_t kLeastRows = 256;
constexpr int64_t kLeastColumns = 32;

/// activation(x weight^T + bias + addend) by oneDNN; weight (out, in) may have any strides.
at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   const at::Tensor& addend, Activation activation) {
  const ConvolutionOptions options{.activation = activation, .float_output = true};
  return PackedConvolution(weight.unsqueeze(-1).unsqueeze(-1), bias, options).run_rows(x, addend);
}

class RepackedLinear : public torch::autograd::Function<RepackedLinear> {
 public:
  /// `apply` accepts undefined tensors only as optionals.
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          const c10::optional<Variable>& bias, const c10::optional<Variable>& addend,
                          bool relu) {
    auto y = product(x, weight, bias.value_or(Variable()), addend.value_or(Variable()),
                     relu ? Activation::kRelu : Activation::kNone);
    context->save_for_backward(relu ? variable_list{x, weight, y} : variable_list{x, weight});
    context->saved_data["biased"] = bias.has_value();
    context->saved_data["added"] = addend.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const bool relu = saved.size() == 3;
    const auto grad =
        (relu ? at::threshold_backward(grad_output[0], saved[2], 0) : grad_output[0]).contiguous();
    const auto rows = grad.view({-1, weight.size(0)});
    Variable grad_x, grad_weight, grad_bias, grad_addend;
    if (context->needs_input_grad(0)) grad_x = product(grad, weight.t(), {}, {}, Activation::kNone);
    if (context->needs_input_grad(1)) grad_weight = at::mm(rows.t(), x.reshape({-1, weight.size(1)}));
    size_t input = 2;  // An empty optional does not count as an input.
    if (context->saved_data["biased"].toBool() && context->needs_input_grad(input++)) grad_bias = rows.sum(0);
    if (context->saved_data["added"].toBool() && context->needs_input_grad(input)) grad_addend = grad;
    return {grad_x, grad_weight, grad_bias, grad_addend, Variable()};
  }
};

c10::optional<at::Tensor> if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? c10::make_optional(tensor) : c10::nullopt;
}

}  // namespace

bool linear_suits(const at::Tensor& x, const at::Tensor& weight) {
  const bool types = x.is_cpu() && x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat;
  return can_pack() && types && weight.size(0) >= kLeastColumns && weight.size(1) >= kLeastColumns &&
         x.numel() >= kLeastRows * weight.size(1);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  const at::Tensor& addend, Activation activation) {
  TORCH_CHECK(activation == taken_inside(activation),
              "linear: this activation cannot be part of the product");
  return recorded("focus_detr::linear", {x, weight, bias, addend}, [&] {
    return RepackedLinear::apply(x, weight, if_defined(bias), if_defined(addend),
                                 activation == Activation::kRelu);
  });
}

}  // namespace focus::ops
