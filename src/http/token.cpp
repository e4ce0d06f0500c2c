#include "http/token.h"

#include <cstddef>

#include "http/text.h"

namespace focus::http {
namespace {

bool is_same_token(std::string_view found, std::string_view expected) {
  unsigned difference = found.size() == expected.size() ? 0 : 1;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference |=
        static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(i < found.size() ? found[i] : 0);
  }
  return difference == 0;
}

}  // namespace

bool is_authorised(std::string_view authorization, std::string_view token) {
  if (token.empty()) return true;
  constexpr std::string_view kScheme = "Bearer ";
  return same_word(authorization.substr(0, kScheme.size()), kScheme) &&
         is_same_token(trimmed(authorization.substr(kScheme.size())), token);
}

std::string token_fault(std::string_view token) {
  if (token.empty()) return "is empty, which would admit every client";
  for (const char c : token) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\r') return "has a line break, which no client can send";
    if (byte < 0x20 || byte == 0x7f) return "has a control character, which no client can send";
  }
  if (trimmed(token) != token) return "begins or ends with a space, which clients leave out";
  return "";
}

}  // namespace focus::http
