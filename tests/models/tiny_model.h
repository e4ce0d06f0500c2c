// A Focus-DETR that is built and run in moments.
#pragma once

#include "models/architectures.h"
#include "models/focus_detr.h"
#include "models/support.h"

namespace focus::test {

inline models::DetectorOptions tiny_options() {
  models::DetectorOptions options;
  options.classes = 3;
  options.backbone = {"mobilenet_v2", "frozen", 1};
  options.transformer = {32, 4, 2, 4, 64, 2, 2, 20, true};
  options.focus.cascade = {1.0, 0.5};
  options.denoising.queries = 10;
  return options;
}

/// The detector of any architecture, in evaluation mode, with weights made from their names.
inline std::shared_ptr<models::Detector> tiny_detector(const models::DetectorOptions& options) {
  auto model = models::make_detector(options);
  fill_deterministic(*model);
  model->eval();
  return model;
}

/// In evaluation mode, with weights made from their names.
inline std::shared_ptr<models::FocusDetr> tiny_model(
    const models::DetectorOptions& options = tiny_options()) {
  auto model = std::make_shared<models::FocusDetr>(options);
  fill_deterministic(*model);
  model->eval();
  return model;
}

}  // namespace focus::test
