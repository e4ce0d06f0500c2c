#include "models/decoders/query_start.h"

#include <algorithm>

#include "base/profile.h"
#include "nn/position_embedding.h"
#include "nn/rows.h"

namespace focus::models {
namespace {

/// Sine encoding of boxes in the order x, y, w, h, unlike nn::sine_box_embedding, which begins with y:
/// (B, Q, 4 width).
at::Tensor encoded_boxes(const at::Tensor& boxes, int64_t width) {
  const auto swapped = at::cat({boxes.slice(-1, 0, 2).flip(-1), boxes.slice(-1, 2)}, -1);
  return nn::sine_box_embedding(swapped, width);
}

}  // namespace

LearnedQueries::LearnedQueries(torch::nn::Module& transformer, std::shared_ptr<nn::Embedding> embedding,
                               int64_t width)
    : embedding_(std::move(embedding)),
      reference_points_(
          transformer.register_module("reference_points", std::make_shared<nn::Linear>(width, 2))) {
  at::NoGradGuard no_grad;
  reference_points_->bias.zero_();
}

StartedQueries LearnedQueries::start(const Tokens&, const Encoded& encoded, const Heads&, const Pass&) const {
  const ProfileScope stage("proposals");
  const int64_t batch = encoded.memory.size(0);
  const auto parts = embedding_->weight.unsqueeze(0).expand({batch, -1, -1}).chunk(2, -1);
  return {parts[1], parts[0], reference_points_->forward(parts[0]).sigmoid(), {}};
}

ProposedQueries::ProposedQueries(torch::nn::Module& transformer, std::shared_ptr<OutputMemory> output_memory,
                                 const TransformerOptions& o, ProposalKind kind)
    : output_memory_(std::move(output_memory)), queries_(o.queries), width_(o.width), kind_(kind) {
  const int64_t made = kind == ProposalKind::kObjects ? 2 * o.width : o.width;
  pos_trans_ = transformer.register_module("pos_trans", std::make_shared<nn::Linear>(2 * o.width, made));
  pos_trans_norm_ = transformer.register_module("pos_trans_norm", std::make_shared<nn::LayerNorm>(made));
}

StartedQueries ProposedQueries::start(const Tokens& tokens, const Encoded& encoded, const Heads& heads,
                                      const Pass& pass) const {
  const ProfileScope stage("proposals");
  const auto proposals = encoded.proposals ? *encoded.proposals : token_proposals(tokens);
  const auto features = output_memory_->forward(encoded.memory, proposals);
  StartedQueries started;
  at::Tensor logits, boxes;
  if (pass.training) {
    started.proposals = heads.predict_tokens(heads.of_proposals(), features, proposals.logits);
    logits = started.proposals.logits.detach();
  } else {
    logits = (*heads.classes)[heads.of_proposals()].forward(features);
  }
  const auto confidence =
      kind_ == ProposalKind::kObjects ? logits.select(-1, 0) : std::get<0>(logits.max(-1));
  const auto best = std::get<1>(confidence.topk(std::min(queries_, confidence.size(1)), 1));
  if (pass.training) {
    boxes = nn::gather_rows(started.proposals.boxes, best);
  } else {  // The boxes of the other tokens are not needed.
    boxes = (nn::gather_rows(proposals.logits, best) +
             (*heads.boxes)[heads.of_proposals()].forward(nn::gather_rows(features, best)))
                .sigmoid();
  }
  started.references = boxes.detach();
  const auto placed =
      pos_trans_norm_->forward(pos_trans_->forward(encoded_boxes(started.references, width_ / 2)));
  if (kind_ == ProposalKind::kObjects) {
    const auto parts = placed.chunk(2, -1);
    started.position = parts[0];
    started.content = parts[1];
  } else {
    started.position = placed;
    started.content = nn::gather_rows(encoded.memory, best);
  }
  record(pass.trace, "output_memory", features);
  record(pass.trace, "output_proposals", proposals.logits);
  record(pass.trace, "enc_class_max", confidence);
  record(pass.trace, "enc_topk_idx", best);
  record(pass.trace, "enc_ref_sigmoid", started.references);
  return started;
}

}  // namespace focus::models
