// Focus-DETR: "Less is More: Focus Attention for Efficient DETR" (ICCV 2023).
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "models/backbone.h"
#include "models/neck.h"
#include "models/options.h"
#include "models/trace.h"
#include "models/transformer.h"
#include "nn/batch.h"
#include "nn/detector_output.h"

namespace focus::models {

class FocusDetr : public torch::nn::Module {
 public:
  explicit FocusDetr(const FocusDetrOptions& options);

  /// Pictures in, predictions out. In evaluation only the last decoder layer's prediction is computed unless
  /// traced.
  /// @param targets ground truth, for denoising queries in training mode; may be null
  /// @param trace   receives every stage under the names of the golden files; may be null
  nn::DetectorOutput forward(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets = nullptr,
                             Trace* trace = nullptr);

  /// Where denoising noise is drawn from; by default the global generator.
  void set_random_source(std::shared_ptr<RandomSource> source) { random_ = std::move(source); }

  /// Switches defects of the reference on or off.
  void set_quirks(const ReferenceQuirks& quirks);

  /// Chooses anew how many tokens the encoder works on: less is faster and finds less. The weights fit any
  /// choice. Throws UsageError for values out of range and for a cascade that is not one number a layer.
  void set_focus(const FocusOptions& focus);

  const FocusDetrOptions& options() const { return options_; }
  Backbone& backbone() { return *backbone_; }

 private:
  std::optional<DenoisingQueries> denoising_queries(const std::vector<nn::Target>& targets,
                                                    int64_t proposals);

  FocusDetrOptions options_;
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Neck> neck_;
  std::shared_ptr<Transformer> transformer_;
  Heads heads_;
  std::shared_ptr<nn::Embedding> label_enc_;
  std::shared_ptr<RandomSource> random_;
};

}  // namespace focus::models
