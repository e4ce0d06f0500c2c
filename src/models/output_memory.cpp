#include "models/output_memory.h"

#include "nn/rows.h"

namespace focus::models {

OutputMemory::OutputMemory(torch::nn::Module& transformer, int64_t width)
    : projection_(transformer.register_module("enc_output", std::make_shared<nn::Linear>(width, width))),
      norm_(transformer.register_module("enc_output_norm", std::make_shared<nn::LayerNorm>(width))) {}

at::Tensor OutputMemory::forward(const at::Tensor& memory, const at::Tensor& invalid) const {
  return norm_->forward(projection_->forward(memory.masked_fill(invalid.unsqueeze(-1), 0.0)));
}

at::Tensor OutputMemory::forward(const at::Tensor& memory, const TokenProposals& proposals) const {
  if (at::GradMode::is_enabled() || !proposals.invalid_rows.defined())
    return forward(memory, proposals.invalid);
  // The projection of zeros is its bias: put where it belongs, zeros need not be written and read again.
  const auto row = norm_->forward(projection_->bias.view({1, 1, -1}));
  const auto& rows = proposals.invalid_rows;
  return nn::replace_rows(norm_->forward(projection_->forward(memory)), rows,
                          row.expand({rows.size(0), rows.size(1), -1}).contiguous());
}

}  // namespace focus::models
