#pragma once

#include "export/target.h"

namespace focus::exporter {

/// A folder for OpenVINO: model.onnx, and config.json with the properties it has to be compiled with, in the form of
/// OpenVINO's benchmark_app -load_config: an object of properties for each device.
const ExportTarget& openvino_target();

}  // namespace focus::exporter
