// JSON as a response.
#pragma once

#include <nlohmann/json.hpp>

#include "http/message.h"

namespace focus::serve {

/// What clients sent may be no UTF-8; such bytes are replaced.
inline http::Response json_response(const nlohmann::json& value) {
  http::Response response;
  response.body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

}  // namespace focus::serve
