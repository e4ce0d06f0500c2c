// Runs a model on raw pixels and keeps every stage: for people who port weights, and for bug reports.
#pragma once

#include "detector/model_file.h"
#include "io/safetensors/safetensors.h"

namespace focus::detector {

/// @param input "images" uint8 or float32 (N, 3, H, W), raw RGB 0..255, padded to one size, and "sizes"
///              (N, 2) of any integer type, height and width of each image without padding; without "sizes"
///              nothing is padding
/// @param dtype at::kDouble shows what the model computes almost without rounding errors, at::kFloat what it
///              computes in use. The model runs on its device and keeps that type afterwards.
/// @return every stage, whole, under the names of the golden files, floating point as float32, and the
///         detections as "det_*". Throws Error naming the tensor for missing ones and wrong shapes or types.
io::TensorFile trace(const LoadedModel& model, const io::TensorFile& input, at::ScalarType dtype);

}  // namespace focus::detector
