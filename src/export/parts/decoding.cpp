#include "export/parts/decoding.h"

#include <algorithm>

#include "export/parts/attention.h"
#include "export/parts/position.h"

namespace focus::exporter {
namespace {

/// References are clamped this far from 0 and 1 before taking their logit (models::Heads::reference_eps).
constexpr double kDinoEps = 1e-3, kDeformableEps = 1e-5;

/// The input queries of a decoder.
struct Queries {
  Value content;     ///< (B, Q, C)
  Value position;    ///< (B, Q, C); undefined: computed from the references
  Value references;  ///< (B, Q, 4) boxes or (B, Q, 2) points
  bool boxes = true;
};

/// models::refined_boxes
Value refined_boxes(const Part& head, const Value& states, const Queries& queries, double eps) {
  auto logits = inverse_sigmoid(queries.references, eps);
  if (!queries.boxes) logits = pad_end(logits, 3, {{2, 2}});
  return sigmoid(float_of(mlp(head, states)) + logits);
}

/// The layers of a decoder and its heads.
class Decoder {
 public:
  Decoder(const Part& model, const models::DetectorOptions& options, const Tokens& tokens,
          const Value& memory)
      : model_(model),
        decoder_(model["transformer"]["decoder"]),
        options_(options),
        tokens_(tokens),
        memory_(memory) {}

  /// models::Decoder::forward and the heads of its last layer.
  Predicted run(Queries queries, bool refines, double eps) const {
    const bool dino = !queries.position.defined();
    const auto layers = decoder_["layers"];
    const auto ratios = unsqueeze(tokens_.valid_ratios, 1);  // B, 1, L, 2
    const auto box_ratios = concat({ratios, ratios}, 3);
    for (int64_t l = 0; l < layers.size(); ++l) {
      const auto placed = unsqueeze(queries.references, 2) * (queries.boxes ? box_ratios : ratios);
      const auto position =
          dino ? float_of(mlp(decoder_["ref_point_head"],
                              sine_boxes(select(placed, 2, 0), options_.transformer.width / 2)))
               : queries.position;
      queries.content = layer(layers[l], queries, position, placed);
      if (refines && l + 1 < layers.size()) {
        queries.references = refined_boxes(head("bbox_embed", l), queries.content, queries, eps);
        queries.boxes = true;
      }
    }
    const auto state = dino ? layer_norm(decoder_["norm"], queries.content) : queries.content;
    const int64_t last = layers.size() - 1;
    return {float_of(linear(head("class_embed", last), state)),
            refined_boxes(head("bbox_embed", last), state, queries, eps)};
  }

 private:
  /// models::Heads::of_layer
  Part head(const char* list, int64_t layer) const {
    const auto heads = model_[list];
    return heads[std::min(layer, heads.size() - 1)];
  }

  /// models::DecoderLayer::forward
  Value layer(const Part& layer, const Queries& queries, const Value& position, const Value& placed) const {
    const auto& o = options_.transformer;
    const auto attentions = layer["attentions"], norms = layer["norms"];
    auto x = layer_norm(norms[0], self_attention(attentions[0], o.heads, queries.content, position));
    x = layer_norm(norms[1],
                   deformable_attention(attentions[1], {o.heads, o.levels, o.points}, x, position, memory_,
                                        tokens_.padding, placed, queries.boxes, tokens_.levels));
    return layer_norm(norms[2], feed_forward(layer["ffns"][0], x));
  }

  const Part& model_;
  Part decoder_;
  const models::DetectorOptions& options_;
  const Tokens& tokens_;
  Value memory_;
};

/// The encoder's best tokens.
struct Proposed {
  Value indices;   ///< (B, n) int64
  Value count;     ///< (1) int64: n, the number of queries, or of tokens if there are fewer
  Value features;  ///< (B, n, C) of the output memory
  Value boxes;     ///< (B, n, 4)
};

/// @param objects whether class 0 is the score of a proposal, instead of its best class
Proposed propose(const Part& model, const models::DetectorOptions& options, const Tokens& tokens,
                 const Encoded& encoded, bool objects) {
  auto& graph = model.graph();
  const auto proposals = encoded.proposals ? *encoded.proposals : token_proposals(tokens);
  const auto features = output_memory(model["transformer"], encoded.memory, proposals);
  const auto logits = float_of(linear(proposal_head(model, "class_embed", options), features));
  Proposed proposed;
  proposed.count = minimum(graph.integers({options.transformer.queries}), tokens.count);
  proposed.indices = top(objects ? select(logits, 2, 0) : reduce_max(logits, 2), proposed.count).indices;
  proposed.features = gather_rows(features, proposed.indices);
  const auto moved = float_of(mlp(proposal_head(model, "bbox_embed", options), proposed.features));
  proposed.boxes = sigmoid(moved + gather_rows(proposals.logits, proposed.indices));
  return proposed;
}

/// models::ProposedQueries
Queries proposed_queries(const Part& model, const models::DetectorOptions& options, const Tokens& tokens,
                         const Encoded& encoded, bool objects) {
  const auto transformer = model["transformer"];
  const int64_t width = options.transformer.width;
  const auto proposed = propose(model, options, tokens, encoded, objects);
  const auto encoding = sine_boxes(proposed.boxes, width / 2, BoxOrder::kXFirst);
  const auto placed = layer_norm(transformer["pos_trans_norm"], linear(transformer["pos_trans"], encoding));
  if (!objects) return {gather_rows(encoded.memory, proposed.indices), placed, proposed.boxes, true};
  return {slice_from(placed, 2, width), slice(placed, 2, 0, width), proposed.boxes, true};
}

/// models::LearnedQueries
Queries learned_queries(const Part& model, const models::DetectorOptions& options, const Value& memory) {
  const int64_t width = options.transformer.width;
  const auto embedding = model["query_embed"].weight("weight");
  const auto everywhere = expand(unsqueeze(embedding, 0), {size(memory, 0), 1, 1});
  const auto position = slice(everywhere, 2, 0, width);
  const auto references = sigmoid(linear(model["transformer"]["reference_points"], position));
  return {slice_from(everywhere, 2, width), position, references, false};
}

}  // namespace

Predicted decode_dino(const Part& model, const models::DetectorOptions& options, const Tokens& tokens,
                      const Encoded& encoded) {
  const auto transformer = model["transformer"];
  const auto proposed = propose(model, options, tokens, encoded, /*objects=*/false);
  Queries queries{proposed.features, {}, proposed.boxes, true};
  if (options.transformer.learned_queries) {
    const auto learned = slice(transformer["tgt_embed"].weight("weight"), 0, 0, proposed.count);
    queries.content = expand(unsqueeze(learned, 0), {size(encoded.memory, 0), 1, 1});
  }
  return Decoder(model, options, tokens, encoded.memory).run(queries, /*refines=*/true, kDinoEps);
}

Predicted decode_deformable(const Part& model, const models::DetectorOptions& options, const Tokens& tokens,
                            const Encoded& encoded, const DeformableKind& kind) {
  const auto queries = kind.two_stage
                           ? proposed_queries(model, options, tokens, encoded, kind.proposes_objects)
                           : learned_queries(model, options, encoded.memory);
  return Decoder(model, options, tokens, encoded.memory).run(queries, kind.refines, kDeformableEps);
}

}  // namespace focus::exporter
