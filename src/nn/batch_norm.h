// Batch normalisation, live or frozen, with the parameter names of PyTorch and detectron2.
#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <string>

namespace focus::nn {

/// How a backbone's normalisation behaves.
enum class BatchNormMode {
  kFrozen,  ///< Statistics and affine parameters are constants (detectron2's FrozenBN): usual for pretrained
            ///< weights.
  kLive,    ///< Ordinary batch normalisation: statistics of the batch in training, running averages in
            ///< evaluation.
};

/// Parses "frozen" or "live".
BatchNormMode batch_norm_mode(const std::string& name);

/// Normalises the channels of (B, C, H, W) (eps 1e-5, momentum 0.1).
class BatchNorm : public torch::nn::Module {
 public:
  BatchNorm(int64_t channels, BatchNormMode mode);

  /// The scale and shift of each channel, each (C), if the statistics are constants: frozen, or in
  /// evaluation.
  struct Affine {
    at::Tensor scale;
    at::Tensor shift;
  };
  std::optional<Affine> constant_affine() const;

  /// Normalises with the batch's own statistics and updates the running averages.
  at::Tensor forward_live(const at::Tensor& x);

  at::Tensor weight;
  at::Tensor bias;
  at::Tensor running_mean;
  at::Tensor running_var;

 private:
  BatchNormMode mode_;
};

}  // namespace focus::nn
