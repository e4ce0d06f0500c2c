// The operations of colour jitter on 8-bit BGR images: brightness, contrast, saturation, hue.
#pragma once

#include "images/image.h"

namespace focus::images {

/// Every value times `factor` plus `offset`, rounded and cut to 0..255.
Image scaled_values(const Image& image, double factor, double offset);

/// The mean brightness of an image, 0..255: 0.299 red + 0.587 green + 0.114 blue, rounded for each pixel.
double mean_grey(const Image& bgr);

/// kept * pixel + (1 - kept) * its grey: paler if kept < 1, more colourful if kept > 1.
Image with_saturation(const Image& bgr, double kept);

/// Hues rotated by a fraction of the colour circle. Converts to hue, saturation and value of 8 bits each (256
/// hues), as common programs do; grey pixels do not change.
Image with_turned_hue(const Image& bgr, double turns);

}  // namespace focus::images
