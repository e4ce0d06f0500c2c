// A model's options, derived from the shapes of its tensors.
#pragma once

#include "weights/weights.h"

namespace focus::weights {

/// The architecture of weights: as the file states; the default for a backbone; otherwise by its tensors.
std::string derive_architecture(const Weights& weights);

/// `options` with all values that can be derived from tensors: backbone, width, levels, layers, feed-forward
/// width, points (for options.transformer.heads heads, which no shape determines), classes and queries.
/// Options without tensors in the file do not change. Throws Error naming the file, the tensor and the option
/// if shapes contradict each other or a value is out of range.
models::DetectorOptions derive_options(const Weights& weights, models::DetectorOptions options);

/// Throws Error naming the file and the first option whose value in `said` (the user's configuration) differs
/// from that in `derived` (from the tensors).
void check_against(const models::DetectorOptions& said, const models::DetectorOptions& derived,
                   const std::string& source);

}  // namespace focus::weights
