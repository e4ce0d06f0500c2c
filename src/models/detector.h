// The interface of every detector: images in, predictions out.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "models/backbones/backbone.h"
#include "models/decoders/denoising.h"
#include "models/options.h"
#include "models/trace.h"
#include "nn/batch.h"
#include "nn/detector_output.h"

namespace focus::models {

/// A detector. Each architecture is a derived class (architectures.h); code outside this floor uses only this
/// interface.
class Detector : public torch::nn::Module {
 public:
  /// Predicts on the detector's device, to which images are copied. In evaluation only the last decoder
  /// layer's predictions are computed, unless there is a trace.
  /// @param targets ground truth, for denoising queries in training mode; may be null
  /// @param trace   receives the intermediate results, under the names of the golden files; may be null
  nn::DetectorOutput forward(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets = nullptr,
                             Trace* trace = nullptr);

  /// Moves the weights to a device, in the layout that suits it. With `mixed`, matrix products run in
  /// bfloat16, except where float32 precision is needed (nn/autocast.h). Prepared layers (nn/prepare.h) run
  /// only on the CPU.
  void move_to(const at::Device& device, bool mixed = false);
  const at::Device& device() const { return device_; }

  const DetectorOptions& options() const { return options_; }
  Backbone& backbone() { return *backbone_; }

  /// Chooses which defects of the reference are reproduced.
  void set_quirks(const ReferenceQuirks& quirks) { options_.quirks = quirks; }

  /// Fraction of an image's tokens that the encoder updates at most.
  virtual double keep_ratio() const { return 1; }

  /// Changes that fraction: a lower one is faster and finds fewer objects. The weights fit any value. Throws
  /// UsageError for values out of range, and for any but 1 if the architecture always updates all tokens.
  virtual void set_keep_ratio(double ratio);

  /// The source of the denoising queries' noise; by default the global generator. Detectors without such
  /// queries draw nothing.
  void set_random_source(std::shared_ptr<RandomSource> source) { random_ = std::move(source); }

 protected:
  /// Registers the backbone as "backbone". Throws UsageError when options contradict each other.
  explicit Detector(const DetectorOptions& options);

  virtual nn::DetectorOutput run(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets,
                                 Trace* trace) = 0;

  DetectorOptions options_;
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<RandomSource> random_;

 private:
  at::Device device_ = at::kCPU;
  bool mixed_ = false;
};

/// A batch's padding as a detector uses it.
struct Padding {
  at::Tensor mask;  ///< (B, H, W) bool, true = padding
  bool any = true;  ///< Whether any element of the mask can be true.
};

/// The padding of a batch; with `ignore` none, which is the reference's defect
/// (ReferenceQuirks::ignore_padding_in_eval).
Padding padding_of(const nn::ImageBatch& batch, bool ignore);

}  // namespace focus::models
