#include "nn/rows.h"

#include "nn/reference_path.h"
#include "ops/rows.h"
#include "ops/rows_autograd.h"

namespace focus::nn {
namespace {

/// Whether whole rows are moved; of other devices and numbers LibTorch moves elements.
bool moves_whole_rows(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && !ReferencePath::active();
}

}  // namespace

at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& indices) {
  if (moves_whole_rows(x))
    return at::GradMode::is_enabled() ? ops::gathered_rows(x, indices) : ops::take_rows(x, indices);
  return x.gather(1, indices.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

at::Tensor replace_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows) {
  if (moves_whole_rows(x) && rows.scalar_type() == at::kFloat) {
    if (at::GradMode::is_enabled()) return ops::replaced_rows(x, indices, rows);
    if (x.is_contiguous()) {
      ops::put_rows_(x, indices, rows);
      return x;
    }
  }
  return x.scatter(1, indices.unsqueeze(-1).expand_as(rows), rows);
}

}  // namespace focus::nn
