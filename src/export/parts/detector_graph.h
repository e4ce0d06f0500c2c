// A whole detector as nodes: images in, predictions out (models::Detector::forward).
#pragma once

#include <string>

#include "export/parts/decoding.h"

namespace focus::exporter {

/// @param model  the root of the model
/// @param images (B, 3, H, W) float32, normalised, zeros where there is padding
/// @param mask   (B, H, W) bool, true = padding
/// Throws Error naming what is not known here: the architecture, or its backbone.
Predicted detector_graph(const Part& model, const models::DetectorOptions& options, const Value& images,
                         const Value& mask);

/// Whether detectors of the architecture called so (models::Architecture) can be exported.
bool exports_architecture(const std::string& name);

}  // namespace focus::exporter
