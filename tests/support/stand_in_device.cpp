#include "support/stand_in_device.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>
#include <torch/version.h>

#include "nn/allocator.h"

// A type without kernels in the release at hand: LibTorch 2 copies to an XPU by itself.
#if TORCH_VERSION_MAJOR < 2
#define STAND_IN XPU
#else
#define STAND_IN HPU
#endif

namespace focus::test {
namespace {

constexpr c10::DeviceType kType = c10::DeviceType::STAND_IN;

class StandInAllocator final : public nn::Allocator {
  c10::DataPtr new_memory(size_t bytes) const override {
    auto memory = c10::GetCPUAllocator()->allocate(bytes);
    void* data = memory.get();
    const auto deleter = memory.get_deleter();
    return {data, memory.release_context(), deleter, c10::Device(kType, 0)};
  }
};

/// One device and one stream, on which all is done at once.
struct StandInGuard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device) const override { return {kType, 0}; }
  c10::Device getDevice() const override { return {kType, 0}; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, device);
  }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};
C10_REGISTER_GUARD_IMPL(STAND_IN, StandInGuard);

c10::Allocator* allocator() {
  static StandInAllocator instance;
  return &instance;
}

constexpr c10::DispatchKeySet kKeys(c10::DispatchKey::STAND_IN);

at::Tensor empty(at::IntArrayRef size, c10::optional<at::ScalarType> type, c10::optional<at::Layout>,
                 c10::optional<at::Device>, c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, allocator(), kKeys, type.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, c10::optional<at::ScalarType> type,
                         c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, allocator(), kKeys, type.value_or(at::kFloat));
}

/// The same memory, as the CPU's.
at::Tensor on_cpu(const at::Tensor& tensor) {
  if (tensor.is_cpu()) return tensor;
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                       at::TensorOptions(tensor.scalar_type()));
}

c10::optional<at::Tensor> on_cpu(const c10::optional<at::Tensor>& tensor) {
  return tensor && tensor->defined() ? c10::make_optional(on_cpu(*tensor)) : c10::nullopt;
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool /*non_blocking*/) {
  on_cpu(to).copy_(on_cpu(from));
  return to;
}

/// As results do that are written into a tensor made for them.
const at::Tensor& make_room(const at::Tensor& tensor, at::IntArrayRef sizes,
                            c10::optional<at::MemoryFormat> /*format*/) {
  auto* impl = tensor.unsafeGetTensorImpl();
  impl->set_sizes_contiguous(sizes);
  const auto bytes = static_cast<size_t>(tensor.numel()) * tensor.element_size();
  const auto& storage = impl->storage();
  if (storage.nbytes() < bytes) {
    storage.set_data_ptr_noswap(allocator()->allocate(bytes));
    storage.set_nbytes(bytes);
  }
  return tensor;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (from.sizes() != to.sizes()) make_room(to, from.sizes(), c10::nullopt);
  return copy_from(from, to, false);
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const c10::optional<at::Tensor>& bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                       bool transposed, at::IntArrayRef output_padding, int64_t groups) {
  return at::convolution(on_cpu(x), on_cpu(weight), on_cpu(bias), stride, padding, dilation, transposed,
                         output_padding, groups)
      .to(x.device());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
    int64_t groups, std::array<bool, 3> wanted) {
  const int64_t channels = weight.size(transposed ? 1 : 0);
  auto [of_x, of_weight, of_bias] =
      at::convolution_backward(on_cpu(gradient), on_cpu(x), on_cpu(weight), at::IntArrayRef{channels}, stride,
                               padding, dilation, transposed, output_padding, groups, wanted);
  const auto back = [&](const at::Tensor& t) { return t.defined() ? t.to(x.device()) : t; };
  return {back(of_x), back(of_weight), back(of_bias)};
}

/// Writes to the running means and variances, which its schema does not say.
std::tuple<at::Tensor, at::Tensor, at::Tensor> batch_norm(const at::Tensor& x,
                                                          const c10::optional<at::Tensor>& weight,
                                                          const c10::optional<at::Tensor>& bias,
                                                          const c10::optional<at::Tensor>& mean,
                                                          const c10::optional<at::Tensor>& variance,
                                                          bool training, double momentum, double eps) {
  const auto [y, saved_mean, saved_deviation] = at::native_batch_norm(
      on_cpu(x), on_cpu(weight), on_cpu(bias), on_cpu(mean), on_cpu(variance), training, momentum, eps);
  return {y.to(x.device()), saved_mean.to(x.device()), saved_deviation.to(x.device())};
}

std::vector<at::Tensor> on_cpu(at::TensorList tensors) {
  std::vector<at::Tensor> all;
  for (const auto& tensor : tensors) all.push_back(on_cpu(tensor));
  return all;
}

// Operations that write to lists of tensors, which LibTorch's fallback forgets.
void foreach_mul(at::TensorList all, const at::Scalar& factor) { at::_foreach_mul_(on_cpu(all), factor); }
void foreach_div(at::TensorList all, const at::Scalar& divisor) { at::_foreach_div_(on_cpu(all), divisor); }
void foreach_add(at::TensorList all, const at::Scalar& number) { at::_foreach_add_(on_cpu(all), number); }
void foreach_add_list(at::TensorList all, at::TensorList others, const at::Scalar& factor) {
  at::_foreach_add_(on_cpu(all), on_cpu(others), factor);
}
void foreach_addcmul(at::TensorList all, at::TensorList left, at::TensorList right,
                     const at::Scalar& factor) {
  at::_foreach_addcmul_(on_cpu(all), on_cpu(left), on_cpu(right), factor);
}
void foreach_addcdiv(at::TensorList all, at::TensorList left, at::TensorList right,
                     const at::Scalar& factor) {
  at::_foreach_addcdiv_(on_cpu(all), on_cpu(left), on_cpu(right), factor);
}

/// LibTorch's, which takes more from 2.0 on.
void fallback(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  at::native::cpu_fallback(operation, stack);
}

TORCH_LIBRARY_IMPL(_, STAND_IN, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }

TORCH_LIBRARY_IMPL(aten, STAND_IN, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("_copy_from", copy_from);
  m.impl("_copy_from_and_resize", copy_from_and_resize);
  m.impl("native_batch_norm", batch_norm);
  m.impl("resize_", make_room);
  m.impl("as_strided", at::native::as_strided_tensorimpl);
  m.impl("view", at::native::view);
  m.impl("_reshape_alias", at::native::_reshape_alias);
  m.impl("convolution_overrideable", convolution);
  m.impl("_foreach_mul_.Scalar", foreach_mul);
  m.impl("_foreach_div_.Scalar", foreach_div);
  m.impl("_foreach_add_.Scalar", foreach_add);
  m.impl("_foreach_add_.List", foreach_add_list);
  m.impl("_foreach_addcmul_.Scalar", foreach_addcmul);
  m.impl("_foreach_addcdiv_.Scalar", foreach_addcdiv);
  m.impl("convolution_backward_overrideable", convolution_backward);
}

}  // namespace

c10::Device stand_in_device() { return {kType, 0}; }

}  // namespace focus::test
