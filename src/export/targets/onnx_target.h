#pragma once

#include "export/target.h"

namespace focus::exporter {

/// An ONNX file alone, for any runtime of its operator set.
const ExportTarget& onnx_target();

}  // namespace focus::exporter
