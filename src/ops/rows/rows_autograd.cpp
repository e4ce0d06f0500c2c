#include "ops/rows/rows_autograd.h"

#include <torch/csrc/autograd/custom_function.h>

#include "ops/recorded.h"
#include "ops/rows/rows.h"

namespace focus::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

class GatheredRows : public torch::autograd::Function<GatheredRows> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& indices) {
    context->save_for_backward({indices});
    context->saved_data["length"] = x.size(1);
    return take_rows(x, indices);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto indices = context->get_saved_variables()[0];
    const auto& grad = grad_output[0];
    auto grad_x =
        at::zeros({grad.size(0), context->saved_data["length"].toInt(), grad.size(2)}, grad.options());
    add_rows_(grad_x, indices, grad);
    return {grad_x, Variable()};
  }
};

class ReplacedRows : public torch::autograd::Function<ReplacedRows> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& indices,
                          const Variable& rows) {
    context->save_for_backward({indices});
    auto result = x.clone(at::MemoryFormat::Contiguous);
    put_rows_(result, indices, rows);
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto indices = context->get_saved_variables()[0];
    const auto& grad = grad_output[0];
    Variable grad_x, grad_rows;
    if (context->needs_input_grad(0)) {
      grad_x = grad.clone(at::MemoryFormat::Contiguous);
      clear_rows_(grad_x, indices);
    }
    if (context->needs_input_grad(2)) grad_rows = take_rows(grad, indices);
    return {grad_x, Variable(), grad_rows};
  }
};

}  // namespace

at::Tensor gathered_rows(const at::Tensor& x, const at::Tensor& indices) {
  return recorded("focus_detr::gathered_rows", {x, indices}, [&] { return GatheredRows::apply(x, indices); });
}

at::Tensor replaced_rows(const at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows) {
  return recorded("focus_detr::replaced_rows", {x, indices, rows},
                  [&] { return ReplacedRows::apply(x, indices, rows); });
}

}  // namespace focus::ops
