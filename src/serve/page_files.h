// The page that the server shows at "/" (src/serve/page/).
#pragma once

#include "base/embedded_file.h"

namespace focus::serve {

std::span<const EmbeddedFile> page_files();

}  // namespace focus::serve
