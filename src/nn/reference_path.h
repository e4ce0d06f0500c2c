// The reference's way of running, kept as a baseline to measure and test against.
#pragma once

namespace focus::nn {

/// While one lives, the calling thread runs models as the reference does: convolution, frozen batch
/// normalisation (a multiplication, then an addition) and activation one after the other on contiguous NCHW
/// tensors, deformable attention by at::grid_sampler, group normalisation, gathering and scattering by
/// LibTorch, no packed weights, predictions from all decoder layers. Results differ by rounding alone.
class ReferencePath {
 public:
  ReferencePath();
  ~ReferencePath();
  ReferencePath(const ReferencePath&) = delete;
  ReferencePath& operator=(const ReferencePath&) = delete;

  /// Whether one lives in the calling thread.
  static bool active();
};

}  // namespace focus::nn
