#pragma once

#include "export/target.h"

namespace focus::exporter {

/// Writes only an ONNX file, for any runtime with its operator set.
const ExportTarget& onnx_target();

}  // namespace focus::exporter
