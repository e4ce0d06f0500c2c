// Deformable DETR (Zhu et al., ICLR 2021): plain, with iterative box refinement, and two-stage.
#pragma once

#include <memory>
#include <vector>

#include "models/deformable_transformer.h"
#include "models/multi_scale_detector.h"

namespace focus::models {

/// A detector with Deformable DETR's decoder and heads. Its kinds differ in the encoder and in how queries
/// are initialised.
class DeformableFamily : public MultiScaleDetector {
 protected:
  /// The parts that differ between kinds.
  struct Kind {
    MakeTokenEncoder encoding;
    bool box_refinement = true;  ///< Layers refine boxes, each with its own heads; otherwise they share one.
    bool two_stage = true;       ///< Otherwise queries are learned ("query_embed").
    ProposalKind proposals = ProposalKind::kObjects;
  };
  DeformableFamily(const DetectorOptions& options, const Kind& kind);

  nn::DetectorOutput detect(const Tokens& tokens, const std::vector<nn::Target>* targets,
                            const Pass& pass) override;
  at::Tensor level_embeds() const override { return transformer_->level_embeds(); }
  TokenEncoder& token_encoder() const override { return transformer_->token_encoder(); }

 private:
  ProposalKind proposals_;
  std::shared_ptr<nn::Embedding> query_embed_;
  std::shared_ptr<DeformableTransformer> transformer_;
  Heads heads_;
};

/// Deformable DETR itself: all layers of the encoder update all tokens.
class DeformableDetr : public DeformableFamily {
 public:
  explicit DeformableDetr(const DetectorOptions& options);
};

}  // namespace focus::models
