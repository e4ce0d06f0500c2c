// Queries and decoders (models/transformer.h, models/decoders/) as nodes.
#pragma once

#include "export/parts/encoding.h"

namespace focus::exporter {

/// The output of a detector.
struct Predicted {
  Value logits;  ///< (B, Q, classes), with one more column for a softmax over classes
  Value boxes;   ///< (B, Q, 4) cxcywh as fractions of the image
};

/// DINO's queries, decoder and heads (models::DinoFamily).
Predicted decode_dino(const Part& model, const models::DetectorOptions& options, const Tokens& tokens,
                      const Encoded& encoded);

/// The differences among detectors of Deformable DETR's family.
struct DeformableKind {
  bool refines = false;           ///< Decoder layers refine boxes.
  bool two_stage = false;         ///< Queries start from proposals.
  bool proposes_objects = false;  ///< models::ProposalKind::kObjects
};

/// Deformable DETR's queries, decoder and heads (models::DeformableFamily).
Predicted decode_deformable(const Part& model, const models::DetectorOptions& options, const Tokens& tokens,
                            const Encoded& encoded, const DeformableKind& kind);

}  // namespace focus::exporter
