// Which layers of a calibrated model run in eight bits: those that do not change what it detects.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "detector/detector.h"
#include "models/detector.h"
#include "nn/activation_ranges.h"

namespace focus::detector {

/// How much of the detections of float32 another precision does not find again, 0..1: one less the mean, weighted
/// by score, of the overlap with the best detection of the same class times the ratio of the smaller score to the
/// larger. Detections below kLeastScore do not count; -1 if there is none.
/// @param expected, found one list of detections per image
double disagreement(const std::vector<std::vector<Detection>>& expected,
                    const std::vector<std::vector<Detection>>& found);
inline constexpr double kLeastScore = 0.1;

/// A part of a model, such as its backbone, and what its eight bits alone change.
struct PartLoss {
  std::string name;
  int64_t layers = 0;
  int64_t kept = 0;  ///< Layers of it that stay in the next best precision.
  double loss = 0;   ///< disagreement(), with the rest of the model in the next best precision.
};

struct LayerChoice {
  std::set<std::string> kept;   ///< Names of layers.
  std::vector<PartLoss> parts;  ///< In the model's order.
  double loss_of_none = 0;      ///< With all layers in the next best precision.
  double loss_of_all = 0;       ///< With all layers in eight bits; -1 if float32 detects nothing to compare.
  double loss = 0;              ///< With the chosen ones.
};

/// Chooses by detections on images, (1, 3, H, W) each: while eight bits lose more than `most` beyond what the next
/// best precision does, the layers that lose most alone are kept. The model is left prepared in float32.
/// @param progress called with what is done, between 0 and 1
LayerChoice choose_layers(models::Detector& model, const nn::ActivationRanges& ranges,
                          const std::vector<at::Tensor>& images, double most,
                          const std::function<void(double)>& progress = {});

}  // namespace focus::detector
