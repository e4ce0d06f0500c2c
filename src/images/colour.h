// What colour jitter is made of: 8-bit BGR images, brighter, with more contrast, paler, of other hues.
#pragma once

#include "images/image.h"

namespace focus::images {

/// Every value times `factor` plus `offset`, rounded and cut to 0..255.
Image scaled_values(const Image& image, double factor, double offset);

/// The mean brightness of an image, 0..255: 0.299 red + 0.587 green + 0.114 blue, rounded for each pixel.
double mean_grey(const Image& bgr);

/// kept * pixel + (1 - kept) * its grey: paler below 1, more colourful above.
Image with_saturation(const Image& bgr, double kept);

/// Hues turned by a part of the colour circle. Goes through hue, saturation and value of 8 bits each (256
/// hues), as common programs do; grey pixels stay as they are.
Image with_turned_hue(const Image& bgr, double turns);

}  // namespace focus::images
