// How tokens become the memory that the decoder samples: where the multi-level detectors differ most.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "models/decoders/heads.h"
#include "models/output_memory.h"
#include "models/tokens.h"
#include "models/trace.h"

namespace focus::models {

/// How one forward pass runs.
struct Pass {
  bool all_layers = true;  ///< Predictions of all layers, for losses and traces.
  bool training = false;
  bool fixed_top_k = false;  ///< ReferenceQuirks::fixed_top_k
  Trace* trace = nullptr;
};

/// The encoder's result.
struct Encoded {
  at::Tensor memory;                        ///< (B, S, C)
  std::optional<TokenProposals> proposals;  ///< if the encoder computed them
  at::Tensor scores;                        ///< (B, S) logits of the token scorer; undefined without one
  at::Tensor counts;                        ///< (B) int64, selected tokens per image; undefined likewise
  std::vector<nn::Prediction> layers;  ///< of earlier encoder layers at their tokens, for auxiliary losses
};

/// Chooses tokens and encodes them. Its layers are registered in the transformer.
class TokenEncoder {
 public:
  virtual ~TokenEncoder() = default;

  /// @param heads the detector's; some encoders read class scores from them or are trained through them
  virtual Encoded forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const = 0;

  /// How many heads for encoder layers it needs after the detector's own.
  virtual int64_t encoder_heads() const { return 0; }

  /// Whether its scorer is trained on the decoder attention map.
  virtual bool wants_decoder_attention() const { return false; }

  /// Detector::keep_ratio; none if all tokens are kept. Callers check a ratio, and that there is one, before
  /// they set it.
  virtual std::optional<double> keep_ratio() const { return std::nullopt; }
  virtual void set_keep_ratio(double) {}
};

/// Makes an encoder whose layers are registered in `transformer`. `output_memory` returns the projection that
/// the encoder shares with the transformer, and makes it on the first call.
using MakeTokenEncoder = std::function<std::unique_ptr<TokenEncoder>(
    torch::nn::Module& transformer, const std::function<std::shared_ptr<OutputMemory>()>& output_memory)>;

}  // namespace focus::models
