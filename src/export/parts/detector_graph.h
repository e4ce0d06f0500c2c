// A whole detector as nodes, from images to predictions (models::Detector::forward).
#pragma once

#include <string>

#include "export/parts/decoding.h"

namespace focus::exporter {

/// @param model  the root of the model
/// @param images (B, 3, H, W) float32, normalised, zeros in the padding
/// @param mask   (B, H, W) bool, true = padding
/// Throws Error naming the architecture or backbone if its export is not supported.
Predicted detector_graph(const Part& model, const models::DetectorOptions& options, const Value& images,
                         const Value& mask);

/// Whether detectors of the architecture (models::Architecture::name) can be exported.
bool exports_architecture(const std::string& name);

}  // namespace focus::exporter
