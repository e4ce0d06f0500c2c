// The configurations that come with the program (configs/). Linked into the command (focus_configs).
#pragma once

#include "base/embedded_file.h"

namespace focus {

/// All of them, by name: "NAME.yaml".
std::span<const EmbeddedFile> published_configs();

}  // namespace focus
