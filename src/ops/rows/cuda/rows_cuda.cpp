#include "ops/rows/cuda/rows_cuda.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "ops/cuda/tensors.h"
#include "ops/rows/cuda/row_launch.h"

namespace focus::ops {
namespace {

cuda::RowShape row_shape(const at::Tensor& x, const at::Tensor& indices) {
  constexpr int64_t kLimit = int64_t{1} << 20;
  TORCH_CHECK(x.dim() == 3 && indices.dim() == 2 && indices.size(0) == x.size(0) && x.size(2) <= kLimit,
              "rows: on CUDA expected (B, S, C) of at most ", kLimit, " channels and (B, n), found ",
              x.sizes(), " and ", indices.sizes());
  return {x.size(0), x.size(1), indices.size(1), static_cast<int32_t>(x.size(2))};
}

}  // namespace

at::Tensor take_rows_cuda(const at::Tensor& x, const at::Tensor& indices) {
  const auto shape = row_shape(x, indices);
  const c10::cuda::CUDAGuard guard(x.device());
  auto taken = at::empty({shape.batch, shape.chosen, x.size(2)}, x.options());
  if (taken.numel() == 0) return taken;
  const auto source = x.contiguous(), flat = indices.contiguous();
  cuda::with_type(x, [&]<typename T>(T) {
    const cuda::TakenRows<T> rows{{cuda::data<T>(source), nullptr}, {cuda::data<T>(taken), nullptr}};
    cuda::check_launch(
        "rows", cuda::take_rows(shape, cuda::data<int64_t>(flat), rows, c10::cuda::getCurrentCUDAStream()));
  });
  return taken;
}

void put_normed_rows_cuda_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows,
                           const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  const auto shape = row_shape(x, indices);
  TORCH_CHECK(x.is_contiguous() && rows.scalar_type() == x.scalar_type() &&
                  rows.sizes() == at::IntArrayRef({shape.batch, shape.chosen, x.size(2)}),
              "rows: expected contiguous rows to replace and ", shape.batch, " x ", shape.chosen, " x ",
              x.size(2), " new ones of ", x.scalar_type(), ", found ", rows.sizes(), " of ",
              rows.scalar_type());
  if (rows.numel() == 0) return;
  const c10::cuda::CUDAGuard guard(x.device());
  const auto source = rows.contiguous(), flat = indices.contiguous(),
             scales = weight.to(at::kFloat).contiguous(), shifts = bias.to(at::kFloat).contiguous();
  cuda::with_type(x, [&]<typename T>(T) {
    const cuda::NormedRows<T> normed{cuda::data<T>(source),       nullptr,
                                     cuda::data<float>(scales),   cuda::data<float>(shifts),
                                     static_cast<float>(epsilon), cuda::data<T>(x)};
    cuda::check_launch(
        "rows", cuda::norm_rows(shape, cuda::data<int64_t>(flat), normed, c10::cuda::getCurrentCUDAStream()));
  });
}

}  // namespace focus::ops
