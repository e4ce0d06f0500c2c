// The input of token scorers and proposal heads: tokens projected and normalised.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "models/tokens.h"
#include "nn/layers.h"

namespace focus::models {

/// The projection in front of token scorers and two-stage heads (Deformable DETR, appendix A.4). Its layers
/// are registered in a transformer as "enc_output" and "enc_output_norm", where the reference has them.
class OutputMemory {
 public:
  OutputMemory(torch::nn::Module& transformer, int64_t width);

  /// @param memory   (B, S, C), or some of its rows
  /// @param invalid  (B, S) bool, TokenProposals::invalid: tokens that are set to zero
  /// @return (B, S, C)
  at::Tensor forward(const at::Tensor& memory, const at::Tensor& invalid) const;

  /// The same for all tokens.
  at::Tensor forward(const at::Tensor& memory, const TokenProposals& proposals) const;

 private:
  std::shared_ptr<nn::Linear> projection_;
  std::shared_ptr<nn::LayerNorm> norm_;
};

}  // namespace focus::models
