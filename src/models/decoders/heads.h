// Prediction heads: a class and a box for a query or a token.
#pragma once

#include <algorithm>
#include <memory>

#include "models/options.h"
#include "nn/detector_output.h"
#include "nn/layers.h"
#include "nn/module_list.h"

namespace focus::models {

/// Class and box heads: one per decoder layer unless shared, then one for two-stage proposals and those for
/// encoder layers, in detectors that have them. The detector registers them, as in the reference's state dict
/// ("class_embed", "bbox_embed").
struct Heads {
  std::shared_ptr<nn::ModuleList<nn::Linear>> classes;
  std::shared_ptr<nn::ModuleList<nn::Mlp>> boxes;
  size_t decoder_layers = 0;
  double reference_eps = 1e-3;  ///< Clamps references away from 0 and 1 before their logit is taken.

  /// `count` heads, initialised to predict no objects and to leave boxes where they are.
  static Heads make(const DetectorOptions& options, int64_t count);

  /// Index of a decoder layer's heads: 0 where all layers share one.
  size_t of_layer(size_t layer) const { return std::min(layer, classes->size() - 1); }
  /// Index of the two-stage heads.
  size_t of_proposals() const { return decoder_layers; }
  /// Index of an encoder layer's heads.
  size_t of_encoder_layer(size_t layer) const { return decoder_layers + 1 + layer; }

  /// The predictions of the heads at `index` for `states` (B, Q, C), with boxes refined from `references`
  /// (B, Q, 4 or 2).
  nn::Prediction predict(size_t index, const at::Tensor& states, const at::Tensor& references) const;

  /// The same for tokens, whose boxes are given as logits (B, Q, 4): TokenProposals::logits.
  nn::Prediction predict_tokens(size_t index, const at::Tensor& states, const at::Tensor& box_logits) const;
};

/// References refined by a box head: sigmoid(head(states) + logit(references)), (B, Q, 4). Points (B, Q, 2)
/// only move a box's centre. `eps` is Heads::reference_eps.
at::Tensor refined_boxes(nn::Mlp& head, const at::Tensor& states, const at::Tensor& references, double eps);

}  // namespace focus::models
