// The routes that take images, and those that describe models.
#pragma once

#include "http/router.h"
#include "serve/serving.h"

namespace focus::serve {

/// POST /v1/detect, /v1/explain, for the default model, and /v1/models/NAME/detect, /explain.
/// `serving` must outlive the router.
void add_image_routes(http::Router& router, Serving& serving);

/// GET /v1/model, the default's, /v1/models and /v1/models/NAME.
void add_model_routes(http::Router& router, Serving& serving);

}  // namespace focus::serve
