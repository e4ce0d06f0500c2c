// Sine position encodings of feature maps and of boxes (DETR, appendix A.4; DAB-DETR, equation 5).
#pragma once

#include <ATen/ATen.h>

namespace focus::nn {

/// Encoding of each token's position in the image: 1-based counts of unpadded tokens, normalised to 2 pi.
/// @param mask  (B, H, W) bool, true = padding
/// @param width total features; half for y, then half for x
/// @param offset added to the counts before they are normalised (the reference's -0.5: token centres)
/// @return (B, width, H, W) float32
at::Tensor sine_position_embedding(const at::Tensor& mask, int64_t width, double temperature = 10000,
                                   double offset = -0.5);

/// The same for feature maps without padding, which takes much less computing: all tokens of a row share
/// their y, all of a column their x.
at::Tensor sine_position_embedding(int64_t batch, int64_t height, int64_t width_in_tokens, int64_t width,
                                   const at::Device& device, double temperature = 10000,
                                   double offset = -0.5);

/// Both forms with the same options.
struct SineEncoding {
  int64_t width = 256;
  double temperature = 10000;
  double offset = -0.5;

  at::Tensor operator()(const at::Tensor& mask) const {
    return sine_position_embedding(mask, width, temperature, offset);
  }
  at::Tensor operator()(int64_t batch, int64_t height, int64_t width_in_tokens,
                        const at::Device& device) const {
    return sine_position_embedding(batch, height, width_in_tokens, width, device, temperature, offset);
  }
};

/// Encoding of boxes, `width` features per coordinate, in the order y, x, w, h.
/// @param boxes (B, N, 4) cxcywh in 0..1
/// @return (B, N, 4 * width)
at::Tensor sine_box_embedding(const at::Tensor& boxes, int64_t width, double temperature = 10000);

}  // namespace focus::nn
