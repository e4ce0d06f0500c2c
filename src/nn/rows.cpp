#include "nn/rows.h"

#include "nn/reference_path.h"
#include "ops/rows.h"

namespace focus::nn {
namespace {

bool moves_whole_rows(const at::Tensor& x) {
  const bool plain = at::GradMode::is_enabled() || ReferencePath::active();
  return !plain && x.scalar_type() == at::kFloat && x.device().is_cpu() && x.is_contiguous();
}

}  // namespace

at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& indices) {
  if (moves_whole_rows(x)) return ops::take_rows(x, indices);
  return x.gather(1, indices.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

at::Tensor replace_rows(at::Tensor x, const at::Tensor& indices, const at::Tensor& rows) {
  if (moves_whole_rows(x)) {
    ops::put_rows_(x, indices, rows);
    return x;
  }
  return x.scatter(1, indices.unsqueeze(-1).expand_as(rows), rows);
}

}  // namespace focus::nn
