#include "ops/deform_attn/cuda/ms_deform_attn_cuda.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <algorithm>
#include <tuple>

#include "ops/cuda/tensors.h"
#include "ops/deform_attn/cuda/ms_deform_attn_launch.h"
#include "ops/deform_attn/ms_deform_attn_dispatch.h"

namespace focus::ops {
namespace {

cuda::Shape cuda_shape(const MsDeformAttnSizes& sizes) {
  TORCH_CHECK(sizes.levels <= cuda::kMaxLevels && sizes.tokens <= cuda::kMaxTokens,
              "ms_deform_attn: on CUDA at most ", cuda::kMaxLevels, " levels and ", cuda::kMaxTokens,
              " tokens, found ", sizes.levels, " and ", sizes.tokens);
  constexpr int64_t kLimit = int64_t{1} << 20;
  TORCH_CHECK(sizes.heads <= kLimit && sizes.channels <= kLimit && sizes.points <= kLimit,
              "ms_deform_attn: on CUDA at most ", kLimit, " heads, channels and points, found ", sizes.heads,
              ", ", sizes.channels, " and ", sizes.points);
  cuda::Shape shape{.batch = sizes.batch,
                    .tokens = sizes.tokens,
                    .queries = sizes.queries,
                    .heads = static_cast<int32_t>(sizes.heads),
                    .channels = static_cast<int32_t>(sizes.channels),
                    .levels = static_cast<int32_t>(sizes.levels),
                    .points = static_cast<int32_t>(sizes.points),
                    .height = {},
                    .width = {},
                    .start = {}};
  std::copy(sizes.level_height.begin(), sizes.level_height.end(), shape.height);
  std::copy(sizes.level_width.begin(), sizes.level_width.end(), shape.width);
  std::copy(sizes.level_start.begin(), sizes.level_start.end(), shape.start);
  return shape;
}

/// Calls run(T()) with the kernels' type of the values, which may be double.
template <typename Run>
void with_value_type(const at::Tensor& value, Run run) {
  if (value.scalar_type() == at::kDouble) return run(double());
  cuda::with_type(value, run);
}

void check_launch(cudaError_t error) { cuda::check_launch("ms_deform_attn", error); }

template <typename T>
cuda::GivenPoints<cuda::Real<T>> cuda_points(const at::Tensor& locations, const at::Tensor& weights) {
  using R = cuda::Real<T>;
  return {cuda::data<R>(locations), cuda::data<R>(weights)};
}

at::Tensor forward_cuda(const at::Tensor& value, const at::Tensor& spatial_shapes,
                        const at::Tensor& level_start_index, const at::Tensor& sampling_locations,
                        const at::Tensor& attention_weights) {
  const auto sizes =
      check_ms_deform_attn(value, spatial_shapes, level_start_index, sampling_locations, attention_weights);
  const c10::cuda::CUDAGuard guard(value.device());
  auto output = at::empty({sizes.batch, sizes.queries, sizes.heads * sizes.channels}, value.options());
  if (output.numel() == 0) return output;
  const auto values = value.contiguous(), locations = sampling_locations.contiguous(),
             weights = attention_weights.contiguous();
  with_value_type(value, [&]<typename T>(T) {
    check_launch(cuda::forward(cuda_shape(sizes), cuda_points<T>(locations, weights), cuda::data<T>(values),
                               cuda::data<T>(output), c10::cuda::getCurrentCUDAStream()));
  });
  return output;
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> backward_cuda(const at::Tensor& value,
                                                             const at::Tensor& spatial_shapes,
                                                             const at::Tensor& level_start_index,
                                                             const at::Tensor& sampling_locations,
                                                             const at::Tensor& attention_weights,
                                                             const at::Tensor& grad_output) {
  const auto sizes =
      check_ms_deform_attn(value, spatial_shapes, level_start_index, sampling_locations, attention_weights);
  check_like(grad_output, "grad_output", {sizes.batch, sizes.queries, sizes.heads * sizes.channels}, value);
  const c10::cuda::CUDAGuard guard(value.device());
  const bool deterministic = at::globalContext().deterministicAlgorithms();
  // Sums of sixteen bits would lose most of what is added to them.
  const auto options = sampling_locations.options();
  auto grad_value = at::zeros(value.sizes(), options);
  auto grad_locations = at::empty(sampling_locations.sizes(), options);
  auto grad_weights = at::empty(attention_weights.sizes(), options);
  if (grad_weights.numel() == 0 || value.numel() == 0) {
    return {grad_value.to(value.scalar_type()), grad_locations.zero_(), grad_weights.zero_()};
  }
  const auto values = value.contiguous(), locations = sampling_locations.contiguous(),
             weights = attention_weights.contiguous(), upstream = grad_output.contiguous();
  with_value_type(value, [&]<typename T>(T) {
    using R = cuda::Real<T>;
    const cuda::Gradients<T> grad{cuda::data<T>(upstream), cuda::data<R>(grad_value),
                                  cuda::data<R>(grad_locations), cuda::data<R>(grad_weights)};
    const auto shape = cuda_shape(sizes);
    const auto points = cuda_points<T>(locations, weights);
    const auto stream = c10::cuda::getCurrentCUDAStream();
    if (!deterministic)
      return check_launch(cuda::backward(shape, points, cuda::data<T>(values), grad, stream));
    auto sums = at::zeros(value.sizes(), options.dtype(at::kLong));
    auto bounds = at::zeros({sizes.batch, sizes.heads}, options.dtype(at::kLong));
    check_launch(cuda::backward_deterministic(shape, points, cuda::data<T>(values), grad,
                                              cuda::data<int64_t>(sums), cuda::data<uint64_t>(bounds),
                                              stream));
  });
  return {grad_value.to(value.scalar_type()), grad_locations, grad_weights};
}

cuda::RawPoints raw_points(const at::Tensor& raw, const at::Tensor& references) {
  return {cuda::data<float>(raw), cuda::data<float>(references), references.size(3) == 4};
}

}  // namespace

at::Tensor ms_deform_attn_raw_cuda(const MsDeformAttnSizes& sizes, const at::Tensor& value,
                                   const at::Tensor& raw, const at::Tensor& reference_points) {
  const c10::cuda::CUDAGuard guard(value.device());
  auto output = at::empty({sizes.batch, sizes.queries, sizes.heads * sizes.channels}, value.options());
  if (output.numel() == 0) return output;
  const auto values = value.contiguous(), flat = raw.contiguous(), references = reference_points.contiguous();
  cuda::with_type(value, [&]<typename T>(T) {
    check_launch(cuda::forward_raw(cuda_shape(sizes), raw_points(flat, references), cuda::data<T>(values),
                                   cuda::data<T>(output), c10::cuda::getCurrentCUDAStream()));
  });
  return output;
}

std::pair<at::Tensor, at::Tensor> ms_deform_attn_raw_backward_cuda(const MsDeformAttnSizes& sizes,
                                                                   const at::Tensor& value,
                                                                   const at::Tensor& raw,
                                                                   const at::Tensor& reference_points,
                                                                   const at::Tensor& grad_output) {
  const c10::cuda::CUDAGuard guard(value.device());
  // Sums of sixteen bits would lose most of what is added to them.
  auto grad_value = at::zeros(value.sizes(), raw.options());
  auto grad_raw = at::empty(raw.sizes(), raw.options());
  if (grad_raw.numel() == 0 || value.numel() == 0)
    return {grad_value.to(value.scalar_type()), grad_raw.zero_()};
  const auto values = value.contiguous(), flat = raw.contiguous(), references = reference_points.contiguous(),
             upstream = grad_output.contiguous();
  cuda::with_type(value, [&]<typename T>(T) {
    const cuda::RawGradients<T> grad{cuda::data<T>(upstream), cuda::data<float>(grad_value),
                                     cuda::data<float>(grad_raw)};
    check_launch(cuda::backward_raw(cuda_shape(sizes), raw_points(flat, references), cuda::data<T>(values),
                                    grad, c10::cuda::getCurrentCUDAStream()));
  });
  return {grad_value.to(value.scalar_type()), grad_raw};
}

TORCH_LIBRARY_IMPL(focus_detr, CUDA, m) {
  m.impl("ms_deform_attn", forward_cuda);
  m.impl("ms_deform_attn_backward", backward_cuda);
}

}  // namespace focus::ops
