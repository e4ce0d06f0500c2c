// The routes as OpenAPI describes them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "serve/take_jobs.h"

namespace focus::serve {

/// OpenAPI 3.0.3, complete enough to generate clients from: multipart/form-data comes first among the bodies
/// of a route, which is what generators take.
/// @param version of the program
nlohmann::ordered_json openapi_document(const std::string& version, const RequestLimits& limits);

}  // namespace focus::serve
