// Other possible meanings of the boxes in a results file than COCO's [x, y, width, height] in pixels.
#pragma once

#include <vector>

#include "eval/box_layout.h"
#include "eval/result_overlap.h"

namespace focus::eval {

Reading by_layout(const BoxLayout& layout);

/// The four numbers in another order or unit.
std::vector<Candidate> layout_candidates();

/// Boxes of the image turned or mirrored, or with another origin.
std::vector<Candidate> turned_candidates();

/// Boxes of the resized image that a network was given: the sizes that fit best, and padding without
/// resizing.
std::vector<Candidate> resized_candidates(const ResultsInDoubt& results, const std::vector<size_t>& chosen);

}  // namespace focus::eval
