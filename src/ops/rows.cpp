#include "ops/rows.h"

#include <ATen/Parallel.h>

#include <cstring>

namespace focus::ops {
namespace {

constexpr int64_t kGrainOfCopies = 64;

/// Calls copy(row of x, row of the n) for every index, checked.
template <typename Copy>
void for_each_row(const at::Tensor& x, const at::Tensor& indices, Copy copy) {
  TORCH_CHECK(
      x.dim() == 3 && indices.dim() == 2 && indices.size(0) == x.size(0) && x.scalar_type() == at::kFloat,
      "rows: expected Float (B, S, C) and (B, n), found ", x.toString(), " ", x.sizes(), " and ",
      indices.sizes());
  const auto flat = indices.contiguous();
  const int64_t *index = flat.data_ptr<int64_t>(), count = indices.size(1), length = x.size(1);
  at::parallel_for(0, flat.numel(), kGrainOfCopies, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      TORCH_CHECK(index[i] >= 0 && index[i] < length, "rows: index ", index[i], " of ", length, " rows");
      copy(i / count * length + index[i], i);
    }
  });
}

}  // namespace

at::Tensor take_rows(const at::Tensor& x, const at::Tensor& indices) {
  const auto source = x.contiguous();
  const int64_t width = x.size(2);
  auto rows = at::empty({indices.size(0), indices.size(1), width}, x.options());
  const float* from = source.data_ptr<float>();
  float* to = rows.data_ptr<float>();
  for_each_row(x, indices, [&](int64_t row, int64_t i) {
    std::memcpy(to + i * width, from + row * width, static_cast<size_t>(width) * sizeof(float));
  });
  return rows;
}

void put_rows_(at::Tensor& x, const at::Tensor& indices, const at::Tensor& rows) {
  const int64_t width = x.size(2);
  TORCH_CHECK(x.is_contiguous() && rows.sizes() == at::IntArrayRef({x.size(0), indices.size(1), width}),
              "rows: expected contiguous rows to replace and ", x.size(0), " x ", indices.size(1), " x ",
              width, " new ones, found ", rows.sizes());
  const auto source = rows.contiguous();
  const float* from = source.data_ptr<float>();
  float* to = x.data_ptr<float>();
  for_each_row(x, indices, [&](int64_t row, int64_t i) {
    std::memcpy(to + row * width, from + i * width, static_cast<size_t>(width) * sizeof(float));
  });
}

}  // namespace focus::ops
