// Sizes on the command line.
#pragma once

#include <string>

#include "nn/batch.h"

namespace focus::cli {

/// Parses "800x1333": height, then width, as in tensor shapes. Throws UsageError for anything else and for
/// sides out of range.
nn::ImageSize parse_size(const std::string& text);

}  // namespace focus::cli
