// The bearer token that clients send.
#pragma once

#include <string>
#include <string_view>

namespace focus::http {

/// True if the field Authorization is "Bearer TOKEN", or no token is needed. Compares in constant time, so
/// that timing does not reveal the token.
bool is_authorised(std::string_view authorization, std::string_view token);

/// Says what is wrong with a token that no client could send: it is empty (which would admit every client),
/// begins or ends with a space, or has a control character, such as the line break of the file it was read
/// from. Returns an empty text for a valid token.
std::string token_fault(std::string_view token);

}  // namespace focus::http
