// DINO: "DETR with Improved DeNoising Anchor Boxes" (Zhang et al., ICLR 2023), and what its successors share
// with it.
#pragma once

#include <memory>
#include <vector>

#include "models/multi_scale_detector.h"
#include "models/transformer.h"

namespace focus::models {

/// A detector with DINO's queries, decoder, heads and denoising. Its kinds differ in the encoder.
class DinoFamily : public MultiScaleDetector {
 protected:
  DinoFamily(const DetectorOptions& options, const MakeTokenEncoder& make_encoding);

  nn::DetectorOutput detect(const Tokens& tokens, const std::vector<nn::Target>* targets,
                            const Pass& pass) override;
  at::Tensor level_embeds() const override { return transformer_->level_embeds(); }
  TokenEncoder& token_encoder() const override { return transformer_->token_encoder(); }

 private:
  std::shared_ptr<Transformer> transformer_;
  Heads heads_;
  std::shared_ptr<nn::Embedding> label_enc_;
};

/// DINO itself: all layers of the encoder update all tokens.
class Dino : public DinoFamily {
 public:
  explicit Dino(const DetectorOptions& options);
};

}  // namespace focus::models
