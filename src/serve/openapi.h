// The routes for programs.
#pragma once

#include <nlohmann/json.hpp>

#include "serve/picture_request.h"

namespace focus::serve {

/// An OpenAPI 3.0 document of the server's routes.
nlohmann::json openapi_document(const std::string& version, const RequestLimits& limits);

}  // namespace focus::serve
