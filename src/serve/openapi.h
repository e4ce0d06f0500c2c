// The OpenAPI document of the routes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "serve/take_jobs.h"

namespace focus::serve {

/// OpenAPI 3.0.3, complete enough to generate clients from. multipart/form-data comes first among the bodies
/// of a route, as generators use the first one.
/// @param version of the program
nlohmann::ordered_json openapi_document(const std::string& version, const RequestLimits& limits);

}  // namespace focus::serve
