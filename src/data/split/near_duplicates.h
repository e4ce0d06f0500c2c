// Finds images of the same scene: copies in another size or quality, or frames between which nothing moved.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "images/image.h"

namespace focus::data {

/// A coarse description of an image: a perceptual hash (difference hash in both directions, 128 bits) and the
/// brightness of 9 x 9 parts.
struct ImageSketch {
  std::array<uint64_t, 2> hash{};
  std::array<uint8_t, 81> brightness{};
};

/// @param image 8-bit, any channels
ImageSketch sketch_of(const images::Image& image);

/// True if at most 12 of the 128 bits differ and the parts' brightness by at most 8 of 255 on average.
bool is_near_duplicate(const ImageSketch& a, const ImageSketch& b);

/// Groups of images as numbers from 0: near duplicates have the same number, and so do images that a chain of
/// them connects. Compares all pairs, with several threads: about ten seconds for a hundred thousand images.
std::vector<size_t> near_duplicate_groups(const std::vector<ImageSketch>& sketches);

}  // namespace focus::data
