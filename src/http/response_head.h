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

/// What every response begins with.
constexpr std::string_view kVersion = "HTTP/1.1 ";

/// What the engine says beside the response's own fields.
struct Delivery {
  bool close = false;         ///< the connection ends behind the response
  bool keeps_http10 = false;  ///< an HTTP/1.0 client asked to keep it
  const std::vector<std::pair<std::string, std::string>>* always = nullptr;  ///< fields of every response
  const Fields* more = nullptr;                                              ///< fields of this one
};

/// Status line and fields. Length, date and connection are said here, whatever the response's fields say of
/// them; what would end a line in a field becomes a space.
std::string response_head(const Response& response, const Delivery& delivery);

/// True if a status never has a body, and so no length.
bool is_bodiless(int status);

}  // namespace focus::http
