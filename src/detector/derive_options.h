// A model's options, read off the shapes of its tensors.
#pragma once

#include "detector/weights.h"

namespace focus::detector {

/// `options` with everything that tensors tell put in: the backbone by its blocks, width, levels, layers,
/// feed-forward width, points (of options.transformer.heads heads, which no shape tells), classes and
/// queries. What the file has no tensors for stays. Throws Error naming the file, the tensor and the option
/// if shapes contradict each other or a value is out of range.
models::FocusDetrOptions derive_options(const Weights& weights, models::FocusDetrOptions options);

/// Throws Error naming the file and the first option that `said` (what a person configured) gives another
/// value than `derived` (what the tensors tell).
void check_against(const models::FocusDetrOptions& said, const models::FocusDetrOptions& derived,
                   const std::string& source);

}  // namespace focus::detector
