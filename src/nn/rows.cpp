#include "nn/rows.h"

#include "nn/reference_path.h"
#include "ops/rows/rows.h"
#include "ops/rows/rows_autograd.h"

namespace focus::nn {
namespace {

/// Whether x has kernels that move whole rows, apart from gradients; otherwise LibTorch moves elements.
bool moves_whole_rows(const at::Tensor& x) { return ops::has_row_kernels(x) && !ReferencePath::active(); }

}  // namespace

at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& indices) {
  if (moves_whole_rows(x)) {
    if (!at::GradMode::is_enabled()) return ops::take_rows(x, indices);
    if (x.is_cpu()) return ops::gathered_rows(x, indices);
  }
  return x.gather(1, indices.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

at::Tensor replace_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows) {
  if (x.is_cpu() && moves_whole_rows(x) && rows.scalar_type() == at::kFloat) {
    if (at::GradMode::is_enabled()) return ops::replaced_rows(x, indices, rows);
    if (x.is_contiguous()) {
      ops::put_rows_(x, indices, rows);
      return x;
    }
  }
  return x.scatter(1, indices.unsqueeze(-1).expand_as(rows), rows);
}

at::Tensor replace_normed_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows,
                               const LayerNorm& norm) {
  if (at::GradMode::is_enabled() || !moves_whole_rows(x) || !x.is_contiguous() ||
      rows.scalar_type() != x.scalar_type()) {
    return replace_rows(std::move(x), indices, norm.forward(rows));
  }
  ops::put_normed_rows_(x, indices, rows, norm.weight, norm.bias, norm.eps());
  return x;
}

}  // namespace focus::nn
