#include "http/cross_origin.h"

#include <algorithm>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"
#include "http/text.h"

namespace focus::http {

namespace {

bool is_scheme(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

/// True for a name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const auto inner = bracketed ? text.substr(1, text.size() - 2) : text;
  return !inner.empty() && std::all_of(inner.begin(), inner.end(), [&](char c) {
    if (bracketed) return hex_digit(c) >= 0 || c == ':' || c == '.';
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool is_port(std::string_view text) {
  const auto port = parse_number<int>(text);
  return port && *port >= 1 && *port <= 65535;
}

}  // namespace

std::string origin_of(std::string_view text) {
  if (text == "*") return "*";
  constexpr const char* kRule =
      "an origin is a scheme and a host, such as https://example.org or http://localhost:3000";
  std::string origin;
  for (const char c : text) origin += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::string_view all = origin;
  const size_t mark = all.find("://");
  if (text.empty()) fail_usage("it is empty; {}, or * for all", kRule);
  if (mark == std::string_view::npos || !is_scheme(all.substr(0, mark))) {
    fail_usage("{} has no scheme; {}", in_quotes(text), kRule);
  }
  const auto scheme = all.substr(0, mark);
  const auto rest = all.substr(mark + 3);
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    fail_usage("{} has a path; browsers send only {}", in_quotes(text),
               in_quotes(all.substr(0, mark + 3 + rest.find_first_of("/?#"))));
  }
  const size_t bracket = rest.find(']');
  const size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto host = rest.substr(0, colon);
  if (!is_host(host)) fail_usage("{} has no valid host; {}", in_quotes(text), kRule);
  if (colon == std::string_view::npos) return origin;
  const auto port = rest.substr(colon + 1);
  if (!is_port(port)) fail_usage("{} has no port from 1 to 65535 after its ':'; {}", in_quotes(text), kRule);
  if ((scheme == "http" && port == "80") || (scheme == "https" && port == "443")) {
    fail_usage("{} names the default port of its scheme, which browsers leave out: {}", in_quotes(text),
               in_quotes(all.substr(0, mark + 3 + colon)));
  }
  return origin;
}

void allow_origin(const std::vector<std::string>& allowed, std::optional<std::string_view> origin,
                  Fields& fields) {
  if (allowed.empty()) return;
  const bool everybody = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  // A cache must not give one origin's response to another.
  if (!everybody) fields.add("Vary", "Origin");
  if (!origin) return;
  if (!everybody && std::find(allowed.begin(), allowed.end(), *origin) == allowed.end()) return;
  fields.add("Access-Control-Allow-Origin", everybody ? "*" : std::string(*origin));
  fields.add("Access-Control-Expose-Headers", "Inference-Header-Content-Length, Retry-After");
}

bool is_preflight(const Head& head) {
  return head.method == "OPTIONS" && head.headers.find("Origin") &&
         head.headers.find("Access-Control-Request-Method");
}

void answer_preflight(const Head& head, const std::string& methods, Fields& fields) {
  fields.add("Access-Control-Allow-Methods", methods);
  std::string names;
  for (const auto name : list_of(head.headers.get("Access-Control-Request-Headers"))) {
    // Each name is listed: "*" does not cover Authorization.
    if (is_token(name)) names.append(names.empty() ? "" : ", ").append(name);
  }
  if (!names.empty()) fields.add("Access-Control-Allow-Headers", names);
  fields.add("Access-Control-Max-Age", "600");
  fields.add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
}

}  // namespace focus::http
