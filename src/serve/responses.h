// JSON as a response.
#pragma once

#include <nlohmann/json.hpp>

#include "http/message.h"

namespace focus::serve {

/// Replaces bytes that are not UTF-8, which clients may have sent.
template <typename Json>
http::Response json_response(const Json& value) {
  http::Response response;
  response.body = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace focus::serve
