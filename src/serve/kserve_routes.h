// KServe's protocol, version 2, over HTTP, with Triton's extensions for binary tensors, configuration and
// statistics.
#pragma once

#include "http/router.h"
#include "serve/serving.h"

namespace focus::serve {

/// GET /v2 and all routes below /v2/models. `serving` must outlive the router.
void add_kserve_routes(http::Router& router, Serving& serving);

}  // namespace focus::serve
