// The part that all detectors with several feature levels share: from images to tokens.
#pragma once

#include <memory>
#include <vector>

#include "models/detector.h"
#include "models/encoders/token_encoder.h"
#include "models/neck.h"
#include "models/token_geometry.h"

namespace focus::models {

/// Runs backbone and neck and makes the tokens; the derived detector predicts from them.
class MultiScaleDetector : public Detector {
 public:
  double keep_ratio() const override { return token_encoder().keep_ratio().value_or(1); }
  void set_keep_ratio(double ratio) override;

 protected:
  /// Registers the neck as "neck".
  explicit MultiScaleDetector(const DetectorOptions& options);

  nn::DetectorOutput run(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets,
                         Trace* trace) final;

  /// Predictions from tokens. Fills in all of the output except spatial_shapes.
  virtual nn::DetectorOutput detect(const Tokens& tokens, const std::vector<nn::Target>* targets,
                                    const Pass& pass) = 0;

  /// (L, C): row l is added to the positions of level l's tokens.
  virtual at::Tensor level_embeds() const = 0;
  virtual TokenEncoder& token_encoder() const = 0;

  /// Adds what trains the encoder: predictions of its layers, and its token scores, which are either
  /// foreground logits or compared with the decoder's `attention` (undefined outside training).
  void add_encoded(nn::DetectorOutput& output, const Encoded& encoded, const at::Tensor& attention) const;

 private:
  std::shared_ptr<Neck> neck_;
  TokenGeometryCache geometries_;
};

}  // namespace focus::models
