// The secret that clients show.
#pragma once

#include <string>
#include <string_view>

namespace focus::http {

/// True if the field Authorization is "Bearer TOKEN", or no token is needed. Takes as long for a wrong token
/// as for the right one, wherever it differs.
bool is_authorised(std::string_view authorization, std::string_view token);

/// What is wrong with a token that no client could show: it is empty, which would let everybody in, begins or
/// ends with a space, or has a control character, such as the line's end of the file it was read from. Empty:
/// nothing.
std::string token_fault(std::string_view token);

}  // namespace focus::http
