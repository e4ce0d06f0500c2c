#include "models/output_memory.h"

namespace focus::models {

OutputMemory::OutputMemory(torch::nn::Module& transformer, int64_t width)
    : projection_(transformer.register_module("enc_output", std::make_shared<nn::Linear>(width, width))),
      norm_(transformer.register_module("enc_output_norm", std::make_shared<nn::LayerNorm>(width))) {}

at::Tensor OutputMemory::forward(const at::Tensor& memory, const at::Tensor& invalid) const {
  return norm_->forward(projection_->forward(memory.masked_fill(invalid.unsqueeze(-1), 0.0)));
}

}  // namespace focus::models
