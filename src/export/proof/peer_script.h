// The script that runs a graph in ONNX Runtime (onnx_runtime.js).
#pragma once

#include "base/embedded_file.h"

namespace focus::exporter {

std::span<const EmbeddedFile> peer_script();

}  // namespace focus::exporter
