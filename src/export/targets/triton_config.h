// The configuration of an exported model for NVIDIA's Triton inference server.
#pragma once

#include <string>

#include "export/onnx_export.h"

namespace focus::exporter {

/// The text of config.pbtxt for a model called `name`. Throws Error if Triton does not accept the name.
std::string triton_config(const std::string& name, const detector::LoadedModel& loaded,
                          const OnnxOptions& options);

}  // namespace focus::exporter
