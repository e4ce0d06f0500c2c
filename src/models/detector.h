// What every detector of the family can do: images in, predictions out.
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

/// A detector. Its architecture is its derived type (architectures.h); code outside this floor uses only this
/// interface.
class Detector : public torch::nn::Module {
 public:
  /// Images in, predictions out, on the detector's device, to which images are brought. In evaluation
  /// only the last decoder layer's prediction is computed unless traced.
  /// @param targets ground truth, for denoising queries in training mode; may be null
  /// @param trace   receives the stages the detector has, under the names of the golden files; may be null
  nn::DetectorOutput forward(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets = nullptr,
                             Trace* trace = nullptr);

  /// Moves the weights to a device. They get the layout that suits it and, with `mixed`, are multiplied in
  /// bfloat16, except where the precision is needed (nn/autocast.h). Other devices than the CPU do not know
  /// prepared layers (nn/prepare.h).
  void move_to(const at::Device& device, bool mixed = false);
  const at::Device& device() const { return device_; }

  const DetectorOptions& options() const { return options_; }
  Backbone& backbone() { return *backbone_; }

  /// Switches defects of the reference on or off.
  void set_quirks(const ReferenceQuirks& quirks) { options_.quirks = quirks; }

  /// Fraction of an image's tokens that the encoder updates at most.
  virtual double keep_ratio() const { return 1; }

  /// Changes that fraction: less is faster and finds less. The weights fit any choice. Throws UsageError
  /// for values out of range, and for other than 1 where the architecture has no such choice.
  virtual void set_keep_ratio(double ratio);

  /// Where the noise of denoising queries is drawn from; by default the global generator. Detectors without
  /// such queries draw nothing.
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
  bool any = true;  ///< Whether any of it can be true.
};

/// The padding of a batch; none where the reference's defect says so
/// (ReferenceQuirks::ignore_padding_in_eval).
Padding padding_of(const nn::ImageBatch& batch, bool ignore);

}  // namespace focus::models
