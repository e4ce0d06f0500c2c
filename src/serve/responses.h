// JSON as a response.
#pragma once

#include <nlohmann/json.hpp>

#include "http/message.h"

namespace focus::serve {

/// What clients sent may be no UTF-8; such bytes are replaced.
template <typename Json>
http::Response json_response(const Json& value) {
  http::Response response;
  response.body = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace focus::serve
