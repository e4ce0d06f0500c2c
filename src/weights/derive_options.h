// A model's options, read off the shapes of its tensors.
#pragma once

#include "weights/weights.h"

namespace focus::weights {

/// The architecture of weights: what the file says, what its program trains, or what parts it has.
std::string derive_architecture(const Weights& weights);

/// `options` with everything that tensors tell put in: the backbone by its blocks and the neck's, width,
/// levels, layers, feed-forward width, points (of options.transformer.heads heads, which no shape tells),
/// classes and queries. What the file has no tensors for stays. Throws Error naming the file, the tensor and
/// the option if shapes contradict each other or a value is out of range.
models::DetectorOptions derive_options(const Weights& weights, models::DetectorOptions options);

/// Throws Error naming the file and the first option that `said` (what a person configured) gives another
/// value than `derived` (what the tensors tell).
void check_against(const models::DetectorOptions& said, const models::DetectorOptions& derived,
                   const std::string& source);

}  // namespace focus::weights
