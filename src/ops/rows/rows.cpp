#include "ops/rows/rows.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#ifdef FOCUS_DETR_CUDA
#include "ops/rows/cuda/rows_cuda.h"
#endif

namespace focus::ops {
namespace {

/// Whether x is on a GPU and of a type that the kernels there support.
bool on_gpu(const at::Tensor& x) {
#ifdef FOCUS_DETR_CUDA
  const auto type = x.scalar_type();
  return x.is_cuda() && (type == at::kFloat || type == at::kHalf || type == at::kBFloat16);
#else
  static_cast<void>(x);
  return false;
#endif
}

constexpr int64_t kGrainOfCopies = 64;
/// Each task reads all indices of an image.
constexpr int64_t kGrainOfSums = 1024;

/// The indices, contiguous and each checked to be a row of x.
at::Tensor checked(const at::Tensor& x, const at::Tensor& indices) {
  TORCH_CHECK(
      x.dim() == 3 && indices.dim() == 2 && indices.size(0) == x.size(0) && x.scalar_type() == at::kFloat,
      "rows: expected Float (B, S, C) and (B, n), found ", x.toString(), " ", x.sizes(), " and ",
      indices.sizes());
  const auto flat = indices.contiguous();
  const int64_t* index = flat.data_ptr<int64_t>();
  for (int64_t i = 0; i < flat.numel(); ++i) {
    TORCH_CHECK(index[i] >= 0 && index[i] < x.size(1), "rows: index ", index[i], " of ", x.size(1), " rows");
  }
  return flat;
}

/// The same for writing: checks also that x is contiguous and that `rows` has the matching shape.
at::Tensor checked(const at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows) {
  const auto flat = checked(x, indices);
  TORCH_CHECK(x.is_contiguous() && rows.sizes() == at::IntArrayRef({x.size(0), indices.size(1), x.size(2)}),
              "rows: expected contiguous rows to replace and ", x.size(0), " x ", indices.size(1), " x ",
              x.size(2), " new ones, found ", rows.sizes());
  return flat;
}

/// Calls copy(row in x, row in the chosen ones) for every index, both counted over the batch.
template <typename Copy>
void for_each_row(const at::Tensor& x, const at::Tensor& flat, Copy copy) {
  const int64_t *index = flat.data_ptr<int64_t>(), count = flat.size(1), length = x.size(1);
  at::parallel_for(0, flat.numel(), kGrainOfCopies, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) copy(i / count * length + index[i], i);
  });
}

}  // namespace

bool has_row_kernels(const at::Tensor& x) {
  return on_gpu(x) || (x.is_cpu() && x.scalar_type() == at::kFloat);
}

at::Tensor take_rows(const at::Tensor& x, const at::Tensor& indices) {
#ifdef FOCUS_DETR_CUDA
  if (on_gpu(x)) return take_rows_cuda(x, indices);
#endif
  const auto flat = checked(x, indices), source = x.contiguous();
  const int64_t width = x.size(2);
  auto rows = at::empty({indices.size(0), indices.size(1), width}, x.options());
  const float* from = source.data_ptr<float>();
  float* to = rows.data_ptr<float>();
  for_each_row(x, flat, [&](int64_t row, int64_t i) {
    std::memcpy(to + i * width, from + row * width, static_cast<size_t>(width) * sizeof(float));
  });
  return rows;
}

void put_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows) {
  const auto flat = checked(x, indices, rows), source = rows.contiguous();
  const int64_t width = x.size(2);
  const float* from = source.data_ptr<float>();
  float* to = x.data_ptr<float>();
  for_each_row(x, flat, [&](int64_t row, int64_t i) {
    std::memcpy(to + row * width, from + i * width, static_cast<size_t>(width) * sizeof(float));
  });
}

void put_normed_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows,
                      const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
#ifdef FOCUS_DETR_CUDA
  if (on_gpu(x)) return put_normed_rows_cuda_(x, indices, rows, weight, bias, epsilon);
#endif
  put_rows_(x, indices, at::layer_norm(rows, {x.size(2)}, weight, bias, epsilon));
}

void add_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows) {
  const auto flat = checked(x, indices, rows), source = rows.contiguous();
  const int64_t width = x.size(2), count = indices.size(1), length = x.size(1);
  const int64_t* index = flat.data_ptr<int64_t>();
  const float* from = source.data_ptr<float>();
  float* to = x.data_ptr<float>();
  // Each task owns some rows of x and searches for what to add to them, so no two tasks add to the same row.
  at::parallel_for(0, x.size(0) * length, kGrainOfSums, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin / length; image * length < end; ++image) {
      for (int64_t i = image * count; i < (image + 1) * count; ++i) {
        const int64_t row = image * length + index[i];
        if (row < begin || row >= end) continue;
        for (int64_t c = 0; c < width; ++c) to[row * width + c] += from[i * width + c];
      }
    }
  });
}

void clear_rows_(at::Tensor& x, const at::Tensor& indices) {
  const auto flat = checked(x, indices);
  TORCH_CHECK(x.is_contiguous(), "rows: expected contiguous rows to clear");
  const int64_t width = x.size(2);
  float* to = x.data_ptr<float>();
  for_each_row(x, flat,
               [&](int64_t row, int64_t) { std::fill(to + row * width, to + (row + 1) * width, 0.0F); });
}

}  // namespace focus::ops
