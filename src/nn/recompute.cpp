#include "nn/recompute.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <algorithm>

#include "nn/autocast.h"
#include "nn/rng_state.h"

namespace focus::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

thread_local bool recompute_parts = false;
thread_local bool second_call = false;

/// What the second call needs besides its inputs.
struct SecondCall : torch::CustomClassHolder {
  RecomputablePart part;
  at::Tensor random_state;
  AutocastState autocast;
};

variable_list detached(at::TensorList inputs, at::TensorList like) {
  variable_list own;
  for (size_t i = 0; i < inputs.size(); ++i)
    own.push_back(inputs[i].detach().set_requires_grad(like[i].requires_grad()));
  return own;
}

class Recomputed : public torch::autograd::Function<Recomputed> {
 public:
  static Variable forward(AutogradContext* context, const RecomputablePart& part, at::TensorList inputs) {
    auto call = c10::make_intrusive<SecondCall>();
    call->part = part;
    call->random_state = cpu_rng_state();
    call->autocast = AutocastState::now();
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    context->save_for_backward(inputs.vec());
    // As in the second call, because parts choose other kernels when gradients are disabled.
    const at::AutoGradMode gradients(true);
    return part(detached(inputs, inputs)).detach();
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto call =
        c10::static_intrusive_pointer_cast<SecondCall>(context->saved_data.at("call").toCapsule());
    const auto saved = context->get_saved_variables();
    const auto inputs = detached(saved, saved);
    {
      const at::AutoGradMode gradients(true);
      const RngScope random;
      set_cpu_rng_state(call->random_state, "recomputation");
      const AutocastScope autocast(call->autocast);
      second_call = true;
      at::Tensor output;
      try {
        output = call->part(inputs);
      } catch (...) {
        second_call = false;
        throw;
      }
      second_call = false;
      torch::autograd::backward({output}, {grad_output[0]});
    }
    variable_list gradients{Variable()};
    for (const auto& input : inputs) gradients.push_back(input.grad());
    return gradients;
  }
};

}  // namespace

RecomputeScope::RecomputeScope(bool on) : before_(recompute_parts) { recompute_parts = on; }

RecomputeScope::~RecomputeScope() { recompute_parts = before_; }

at::Tensor recomputed(const RecomputablePart& part, at::TensorList inputs) {
  const bool differentiable = std::any_of(inputs.begin(), inputs.end(),
                                          [](const at::Tensor& input) { return input.requires_grad(); });
  // If no input needs a gradient, autograd would not call backward, and the part's parameters would get none.
  if (!recompute_parts || !differentiable || !at::GradMode::is_enabled()) return part(inputs);
  return Recomputed::apply(part, inputs);
}

bool is_recomputing() { return second_call; }

}  // namespace focus::nn
