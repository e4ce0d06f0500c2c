// Encoders (models/encoders/) as nodes: from tokens to the memory that a decoder attends to.
#pragma once

#include <optional>

#include "export/parts/tokens.h"
#include "models/options.h"

namespace focus::exporter {

struct Encoded {
  Value memory;                        ///< (B, S, C)
  std::optional<Proposals> proposals;  ///< If the encoder made them.
};

/// models::AllTokens, the encoder of Deformable DETR and DINO.
Encoded encode_all(const Part& model, const models::DetectorOptions& options, const Tokens& tokens);
/// models::SparseTokens.
Encoded encode_sparse(const Part& model, const models::DetectorOptions& options, const Tokens& tokens);
/// models::FocusedTokens.
Encoded encode_focused(const Part& model, const models::DetectorOptions& options, const Tokens& tokens);

/// The head of two-stage proposals (models::Heads::of_proposals) in a list of heads.
Part proposal_head(const Part& model, const char* list, const models::DetectorOptions& options);

}  // namespace focus::exporter
