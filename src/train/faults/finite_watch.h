// Finds where a value that is not finite first appears, among all operations of a forward and backward pass.
#pragma once

#include <ATen/record_function.h>
#include <torch/nn/module.h>

#include <map>
#include <mutex>
#include <string>

namespace focus::train {

/// While it lives, checks what every operation of LibTorch returns, in any thread, and remembers the
/// first nan; and the first infinity from an operation that reads a parameter or buffer of the module, since
/// models fill masks with infinities on purpose. Slow: for finding a fault, not for training. One at a time.
class FiniteWatch {
 public:
  explicit FiniteWatch(const torch::nn::Module& module);
  ~FiniteWatch();
  FiniteWatch(const FiniteWatch&) = delete;
  FiniteWatch& operator=(const FiniteWatch&) = delete;

  /// What follows belongs to the backward pass.
  void begin_backward();

  /// In words, such as "nan from aten::addmm in encoder.layers.0.linear1 (forward)"; empty if there was
  /// none. An operation without parameters is placed after the module that was last seen.
  std::string first() const;

 private:
  struct Operation;

  static std::unique_ptr<at::ObserverContext> operation_begins(const at::RecordFunction& function);
  static void operation_ends(const at::RecordFunction& function, at::ObserverContext* context);
  void look_at(const std::string& name, const std::string& module, const at::Tensor& result);

  std::map<const void*, std::string> modules_;  ///< By the memory of their parameters and buffers.
  at::CallbackHandle callback_ = 0;
  mutable std::mutex mutex_;  ///< Guards what follows.
  bool backward_ = false;
  std::string last_module_;
  std::string first_;
};

/// The first value of a tensor that is not finite, "nan", "inf" or "-inf"; nothing if all are, or if the
/// tensor is not of a floating-point type.
std::string not_finite_in(const at::Tensor& tensor);

}  // namespace focus::train
