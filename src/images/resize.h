// Antialiased bilinear resize of 8-bit images, the resampling the published detectors were trained with.
#pragma once

#include "images/image.h"

namespace focus::images {

/// Size of an image whose short side is to be `short_side`, unless its long side would exceed `max_side`:
/// then the long side becomes that. As detectron2's ResizeShortestEdge: computed in double, rounded half up
/// at the end; at least 1 x 1.
nn::ImageSize shortest_edge_size(nn::ImageSize size, double short_side, double max_side);

/// Throws Error if an image of one size cannot be resized to the other (limits.h).
void require_resizable(nn::ImageSize from, nn::ImageSize to);

/// Resizes an 8-bit image of any number of channels. Computes what Pillow's BILINEAR does: a triangle
/// filter, widened by the factor when shrinking; coefficients in 22-bit fixed point; first along rows, then
/// along columns, each rounded to 8 bits. (cv::resize INTER_LINEAR takes 2 x 2 pixels only, and so aliases
/// when shrinking.) A pass whose length does not change is left out. Throws Error if `size` is not possible
/// (limits.h).
Image resize_antialiased(const Image& image, nn::ImageSize size);

}  // namespace focus::images
