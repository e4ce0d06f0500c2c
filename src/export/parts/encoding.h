// How tokens become the memory a decoder looks at (models/encoding.h), as nodes.
#pragma once

#include <optional>

#include "export/parts/tokens.h"
#include "models/options.h"

namespace focus::exporter {

struct Encoded {
  Value memory;                        ///< (B, S, C)
  std::optional<Proposals> proposals;  ///< If they were made on the way.
};

/// models::AllTokens: of Deformable DETR and DINO.
Encoded encode_all(const Part& model, const models::DetectorOptions& options, const Tokens& tokens);
/// models::SparseTokens.
Encoded encode_sparse(const Part& model, const models::DetectorOptions& options, const Tokens& tokens);
/// models::FocusedTokens.
Encoded encode_focused(const Part& model, const models::DetectorOptions& options, const Tokens& tokens);

/// The heads of two-stage proposals (models::Heads::of_proposals) among those of a detector.
Part proposal_head(const Part& model, const char* list, const models::DetectorOptions& options);

}  // namespace focus::exporter
