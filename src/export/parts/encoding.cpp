#include "export/parts/encoding.h"

#include "export/parts/attention.h"
#include "export/parts/token_selection.h"

namespace focus::exporter {
namespace {

/// What all layers of an encoder share.
struct Encoder {
  const models::DetectorOptions& options;
  const Tokens& tokens;
  Part layers;
  int64_t sampling_index = 0;  ///< Index of the deformable attention among a layer's attentions.

  /// models::DeformableEncoderLayer::update
  Value update(int64_t index, const Value& query, const Value& position, const Value& reference_points,
               const Value& memory) const {
    const auto layer = layers[index];
    const auto& o = options.transformer;
    const auto found = deformable_attention(layer["attentions"][sampling_index],
                                            {o.heads, o.levels, o.points}, query, position, memory,
                                            tokens.padding, reference_points, /*boxes=*/false, tokens.levels);
    const auto norms = layer["norms"];
    return layer_norm(norms[1], feed_forward(layer["ffns"][0], layer_norm(norms[0], found)));
  }
};

/// models::write_back
Value write_back(const Value& memory, const Kept& kept, const Value& updated) {
  const auto rows = where(unsqueeze(kept.counted, 2), updated, gather_rows(memory, kept.indices));
  return replace_rows(memory, kept.indices, rows);
}

/// models::FocusEncoderLayer::attend_fine_grained
Value attend_fine_grained(const Part& layer, const models::DetectorOptions& options, const Value& query,
                          const Value& position, const Value& score) {
  const Graph::Scope scope(layer.graph(), layer.name() + ".fine_grained");
  const auto count = minimum(layer.graph().integers({options.focus.fine_grained_tokens}), size(score, 1));
  const auto chosen = top(score, count).indices;
  const auto attended = self_attention(layer["attentions"][0], options.transformer.heads,
                                       gather_rows(query, chosen), gather_rows(position, chosen));
  return replace_rows(query, chosen, layer_norm(layer["norm2"], attended));
}

}  // namespace

Part proposal_head(const Part& model, const char* list, const models::DetectorOptions& options) {
  return model[list][options.transformer.decoder_layers];
}

Encoded encode_all(const Part& model, const models::DetectorOptions& options, const Tokens& tokens) {
  const Encoder encoder{options, tokens, model["transformer"]["encoder"]["layers"]};
  const auto reference_points = token_reference_points(tokens);
  auto memory = tokens.features;
  for (int64_t l = 0; l < encoder.layers.size(); ++l) {
    memory = encoder.update(l, memory, tokens.position, reference_points, memory);
  }
  return {memory, std::nullopt};
}

Encoded encode_sparse(const Part& model, const models::DetectorOptions& options, const Tokens& tokens) {
  const auto transformer = model["transformer"];
  const Encoder encoder{options, tokens, transformer["encoder"]["layers"]};
  const auto proposals = token_proposals(tokens);
  const auto scored = output_memory(transformer, tokens.features + tokens.position, proposals);
  const auto logits = squeeze(token_scores(transformer["enc_mask_predictor"], scored), 2);
  const auto kept = select_tokens(logits, tokens, options.sparse.keep_ratio, {1.0}).kept.front();
  const auto position = gather_rows(tokens.position, kept.indices);
  const auto reference_points = gather_rows(token_reference_points(tokens), kept.indices);
  auto memory = tokens.features;
  for (int64_t l = 0; l < encoder.layers.size(); ++l) {
    const auto query = gather_rows(memory, kept.indices);
    memory = write_back(memory, kept, encoder.update(l, query, position, reference_points, memory));
  }
  return {memory, proposals};
}

Encoded encode_focused(const Part& model, const models::DetectorOptions& options, const Tokens& tokens) {
  const auto transformer = model["transformer"];
  const auto& focus = options.focus;
  const Encoder encoder{options, tokens, transformer["encoder"]["layers"], focus.dual_attention ? 1 : 0};
  const auto proposals = token_proposals(tokens);
  const auto scored = output_memory(transformer, tokens.features + tokens.position, proposals);
  const auto logits = top_down_scores(transformer["enc_mask_predictor"], scored, tokens,
                                      focus.top_down ? transformer.tensor("alpha") : at::Tensor());
  const auto selection = select_tokens(logits, tokens, focus.keep_ratio, focus.cascade);
  const auto all_reference_points = token_reference_points(tokens);
  auto memory = tokens.features;
  for (int64_t l = 0; l < encoder.layers.size(); ++l) {
    const auto& kept = selection.kept[static_cast<size_t>(l)];
    auto query = gather_rows(memory, kept.indices);
    const auto position = gather_rows(tokens.position, kept.indices);
    const auto reference_points = gather_rows(all_reference_points, kept.indices);
    if (focus.dual_attention) {
      auto score = gather_entries(selection.score, kept.indices);
      if (focus.category_score) {
        const auto classes = float_of(linear(proposal_head(model, "class_embed", options), query));
        score = reduce_max(classes, 2) * score;
      }
      query = attend_fine_grained(encoder.layers[l], options, query, position, score);
    }
    // All layers sample the neck's features.
    const auto updated = encoder.update(l, query, position, reference_points, tokens.features);
    memory = write_back(memory, kept, updated);
  }
  return {memory, proposals};
}

}  // namespace focus::exporter
