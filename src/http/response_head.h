// The head of a response.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace focus::http {

/// "Not Found"; empty for a status without a name.
std::string_view phrase_of(int status);

/// The start of every response.
constexpr std::string_view kVersion = "HTTP/1.1 ";

/// What the engine adds to the response's own fields.
struct Delivery {
  bool close = false;         ///< the connection is closed after the response
  bool keeps_http10 = false;  ///< an HTTP/1.0 client asked to keep it
  const std::vector<std::pair<std::string, std::string>>* always = nullptr;  ///< fields of every response
  const Fields* more = nullptr;                                              ///< fields of this one
};

/// Status line and fields. Length, date and connection are set here and replace the response's own fields of
/// these names; characters that would end a field's line become spaces.
std::string response_head(const Response& response, const Delivery& delivery);

/// True for a status whose responses never have a body, and so no length.
bool is_bodiless(int status);

}  // namespace focus::http
