#pragma once

#include "export/target.h"

namespace focus::exporter {

/// Writes a model into a model repository of NVIDIA's Triton inference server: NAME/config.pbtxt and
/// NAME/1/model.onnx, where `out` is the folder NAME.
const ExportTarget& triton_target();

}  // namespace focus::exporter
