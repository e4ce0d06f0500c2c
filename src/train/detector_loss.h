// The training objective of a detector: its forward pass, in the precision of the run, and the losses.
#pragma once

#include <functional>

#include "data/loader.h"
#include "losses/criterion.h"
#include "models/detector.h"
#include "train/run.h"

namespace focus::train {

/// The loss of a batch. The forward pass runs as options.train says (precision, recompute); losses, matching
/// and boxes are in float32. `model` must outlive the result.
std::function<losses::LossResult(const data::Batch&, double num_boxes)> detector_loss(
    models::Detector& model, const RunOptions& options);

}  // namespace focus::train
