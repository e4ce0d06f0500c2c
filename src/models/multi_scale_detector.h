// The common front of detectors with several feature levels.
#pragma once

#include <memory>
#include <vector>

#include "models/detector.h"
#include "models/encoders/token_encoder.h"
#include "models/neck.h"
#include "models/token_geometry.h"

namespace focus::models {

/// Backbone, neck, tokens; the derived detector decides what becomes of the tokens.
class MultiScaleDetector : public Detector {
 public:
  double keep_ratio() const override { return token_encoder().keep_ratio().value_or(1); }
  void set_keep_ratio(double ratio) override;

 protected:
  /// Registers the neck as "neck".
  explicit MultiScaleDetector(const DetectorOptions& options);

  nn::DetectorOutput run(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets,
                         Trace* trace) final;

  /// Predictions from tokens. Fills everything of the output but the shapes of the levels.
  virtual nn::DetectorOutput detect(const Tokens& tokens, const std::vector<nn::Target>* targets,
                                    const Pass& pass) = 0;

  /// (L, C), added to the position of a level's tokens.
  virtual at::Tensor level_embeds() const = 0;
  virtual TokenEncoder& token_encoder() const = 0;

  /// Adds the encoding's training targets: predictions of its layers, and its scores as those of foreground
  /// or of the decoder's attention (undefined outside training).
  void add_encoded(nn::DetectorOutput& output, const Encoded& encoded, const at::Tensor& attention) const;

 private:
  std::shared_ptr<Neck> neck_;
  TokenGeometryCache geometries_;
};

}  // namespace focus::models
