// Finds images with more boxes than a detector can find.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/annotations.h"

namespace focus::data {

/// Boxes of an image that training learns from: no crowds, and none without a part inside the image.
int64_t learnable_count(std::span<const Annotation> boxes, nn::ImageSize size);

/// A sentence for users if images of `store` have more boxes to learn than a model has queries: how many
/// images, the one with the most, and what to do. Empty if there is none.
std::string crowding_note(const AnnotationStore& store, int64_t queries);

}  // namespace focus::data
