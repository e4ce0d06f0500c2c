// The initial queries of Deformable DETR and Sparse DETR: learned, or the encoder's proposals.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "models/encoders/token_encoder.h"
#include "models/options.h"

namespace focus::models {

/// The decoder's initial queries.
struct StartedQueries {
  at::Tensor content, position;  ///< (B, Q, C) each
  at::Tensor references;         ///< (B, Q, 2) points or (B, Q, 4) boxes
  nn::Prediction proposals;      ///< of all tokens; undefined outside training and for learned queries
};

class QueryStart {
 public:
  virtual ~QueryStart() = default;
  virtual StartedQueries start(const Tokens& tokens, const Encoded& encoded, const Heads& heads,
                               const Pass& pass) const = 0;
};

/// Learned queries, whose learned position also determines the initial reference point.
class LearnedQueries : public QueryStart {
 public:
  /// Registers "reference_points" in the transformer. `embedding` (queries, 2 C) holds positions, then
  /// contents.
  LearnedQueries(torch::nn::Module& transformer, std::shared_ptr<nn::Embedding> embedding, int64_t width);

  StartedQueries start(const Tokens& tokens, const Encoded& encoded, const Heads& heads,
                       const Pass& pass) const override;

 private:
  std::shared_ptr<nn::Embedding> embedding_;
  std::shared_ptr<nn::Linear> reference_points_;
};

/// How two-stage proposals are interpreted.
enum class ProposalKind {
  kObjects,  ///< Class 0 scores objects of any class; content and position come from the box (Deformable
             ///< DETR, appendix A.4).
  kClasses,  ///< The best class is the score; content is the token itself, position comes from the box
             ///< (Efficient DETR, section 4; Sparse DETR).
};

/// Queries made of the encoder's best tokens.
class ProposedQueries : public QueryStart {
 public:
  /// Registers "pos_trans" and "pos_trans_norm" in the transformer.
  ProposedQueries(torch::nn::Module& transformer, std::shared_ptr<OutputMemory> output_memory,
                  const TransformerOptions& options, ProposalKind kind);

  StartedQueries start(const Tokens& tokens, const Encoded& encoded, const Heads& heads,
                       const Pass& pass) const override;

 private:
  std::shared_ptr<OutputMemory> output_memory_;
  int64_t queries_, width_;
  ProposalKind kind_;
  std::shared_ptr<nn::Linear> pos_trans_;
  std::shared_ptr<nn::LayerNorm> pos_trans_norm_;
};

}  // namespace focus::models
