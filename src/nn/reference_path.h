// Runs models as the reference does, as a baseline for benchmarks and tests.
#pragma once

namespace focus::nn {

/// While one exists, the thread that made it runs models as the reference does: convolution, frozen batch
/// normalisation (a multiplication, then an addition) and activation one after the other on contiguous NCHW
/// tensors, deformable attention by at::grid_sampler, group normalisation, gathering and scattering by
/// LibTorch, no packed weights, predictions from all decoder layers. Results differ only by rounding.
class ReferencePath {
 public:
  ReferencePath();
  ~ReferencePath();
  ReferencePath(const ReferencePath&) = delete;
  ReferencePath& operator=(const ReferencePath&) = delete;

  /// Whether the calling thread has one.
  static bool active();
};

}  // namespace focus::nn
