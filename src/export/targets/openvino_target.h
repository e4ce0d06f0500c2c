#pragma once

#include "export/target.h"

namespace focus::exporter {

/// Writes a folder for OpenVINO: model.onnx, and config.json with the properties to compile it with, in the
/// form of OpenVINO's benchmark_app -load_config: an object of properties per device.
const ExportTarget& openvino_target();

}  // namespace focus::exporter
