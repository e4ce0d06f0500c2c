// The secret that clients show.
#pragma once

#include <string_view>

namespace focus::http {

/// True if the field Authorization is "Bearer TOKEN", or no token is needed. Takes as long for a wrong token
/// as for the right one, wherever it differs.
bool is_authorised(std::string_view authorization, std::string_view token);

}  // namespace focus::http
