// What NVIDIA's Triton inference server needs to know of an exported model.
#pragma once

#include <string>

#include "export/onnx_export.h"

namespace focus::exporter {

/// The text of config.pbtxt for a model called `name`. Throws Error if Triton would not take the name.
std::string triton_config(const std::string& name, const detector::LoadedModel& loaded,
                          const OnnxOptions& options);

}  // namespace focus::exporter
