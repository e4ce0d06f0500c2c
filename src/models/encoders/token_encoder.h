// How tokens become the memory a decoder looks at: where the detectors of several feature levels differ most.
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

/// What a forward pass returns besides the predictions.
struct Pass {
  bool all_layers = true;  ///< Predictions of all layers, for losses and traces.
  bool training = false;
  bool fixed_top_k = false;  ///< ReferenceQuirks::fixed_top_k
  Trace* trace = nullptr;
};

/// The encoder's result.
struct Encoded {
  at::Tensor memory;                        ///< (B, S, C)
  std::optional<TokenProposals> proposals;  ///< if they were made on the way
  at::Tensor scores;                        ///< (B, S) logits of the tokens' scorer; undefined without one
  at::Tensor counts;                        ///< (B) int64, tokens of each image that are worth encoding
  std::vector<nn::Prediction> layers;  ///< of earlier encoder layers at their tokens, for auxiliary losses
};

/// Chooses tokens and encodes them. Its layers are registered in the transformer it is made for.
class TokenEncoder {
 public:
  virtual ~TokenEncoder() = default;

  /// @param heads of the detector; some encodings read class scores or are trained through them
  virtual Encoded forward(const Tokens& tokens, const Heads& heads, const Pass& pass) const = 0;

  /// How many heads for encoder layers it needs behind the detector's own.
  virtual int64_t encoder_heads() const { return 0; }

  /// Whether its scorer is trained on what the decoder attends to.
  virtual bool wants_decoder_attention() const { return false; }

  /// Detector::keep_ratio; none where all tokens are kept. Set after it was checked, where there is one.
  virtual std::optional<double> keep_ratio() const { return std::nullopt; }
  virtual void set_keep_ratio(double) {}
};

/// Makes an encoding whose layers belong to `transformer`. `output_memory` makes, or gives, the projection
/// that the encoding shares with the transformer.
using MakeTokenEncoder = std::function<std::unique_ptr<TokenEncoder>(
    torch::nn::Module& transformer, const std::function<std::shared_ptr<OutputMemory>()>& output_memory)>;

}  // namespace focus::models
