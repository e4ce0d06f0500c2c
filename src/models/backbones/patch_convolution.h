// A convolution of non-overlapping patches: the stem and the downsampling of Swin Transformers and ConvNeXts.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

namespace focus::models {

class PatchConvolution : public torch::nn::Module {
 public:
  /// @param patch the kernel's side and the stride
  PatchConvolution(int64_t in, int64_t out, int64_t patch);

  /// (B, in, H, W) -> (B, out, ceil(H / patch), ceil(W / patch)), with zeros padding the last patches.
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight;  ///< (out, in, patch, patch)
  at::Tensor bias;    ///< (out)
};

}  // namespace focus::models
