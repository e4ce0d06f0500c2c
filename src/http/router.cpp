#include "http/router.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "http/error.h"
#include "http/text.h"

namespace focus::http {
namespace {

/// "/a/b" as "a", "b"; "/" as one empty part.
std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  path.remove_prefix(1);
  while (true) {
    const size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

bool is_capture(std::string_view part) {
  return part.size() > 2 && part.front() == '{' && part.back() == '}';
}

struct Fit {
  std::map<std::string, std::string> captured;
  std::vector<bool> literal;  ///< which parts are the pattern's own
};

std::optional<Fit> fit_of(std::string_view pattern, const std::vector<std::string>& parts) {
  const auto expected = parts_of(pattern);
  if (expected.size() != parts.size()) return std::nullopt;
  Fit fit;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool captures = is_capture(expected[i]);
    if (captures ? parts[i].empty() : parts[i] != expected[i]) return std::nullopt;
    if (captures) fit.captured.emplace(expected[i].substr(1, expected[i].size() - 2), parts[i]);
    fit.literal.push_back(!captures);
  }
  return fit;
}

void add_method(std::vector<std::string>& methods, const std::string& method) {
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
}

}  // namespace

void Router::add(Route route) {
  if (route.pattern.empty() || route.pattern.front() != '/') {
    fail("route '{}': a pattern begins with '/'", route.pattern);
  }
  if (!is_token(route.method)) fail("route '{}': '{}' is no method", route.pattern, route.method);
  if (!route.handler) fail("route '{}': it has no handler", route.pattern);
  for (const auto part : parts_of(route.pattern)) {
    if (!is_capture(part) && part.find_first_of("{}") != std::string_view::npos) {
      fail("route '{}': braces stand around a whole part of the path", route.pattern);
    }
  }
  for (const auto& other : routes_) {
    if (other.method == route.method && other.pattern == route.pattern) {
      fail("route {} '{}' is there twice", route.method, route.pattern);
    }
  }
  routes_.push_back(std::move(route));
}

Router::Match Router::find(const std::string& method, const std::string& path) const {
  Match match;
  if (path.empty() || path.front() != '/') return match;
  // Decoded after splitting: an encoded slash belongs to its part.
  std::vector<std::string> parts;
  for (const auto part : parts_of(path)) {
    auto decoded = percent_decoded(part);
    if (!decoded) {
      fail_http(400,
                "the path has '{}', where a '%' stands without two hexadecimal digits; write %25 for '%'",
                part);
    }
    parts.push_back(std::move(*decoded));
  }

  std::vector<std::string> methods;
  std::vector<bool> best;
  bool exact = false;
  for (const auto& route : routes_) {
    auto fit = fit_of(route.pattern, parts);
    if (!fit) continue;
    add_method(methods, route.method);
    if (route.method == "GET") add_method(methods, "HEAD");
    const bool same = route.method == method;
    if (!same && !(method == "HEAD" && route.method == "GET")) continue;
    // The path's own words before names that take any, HEAD's own route before GET's.
    if (!match.route || fit->literal > best || (fit->literal == best && same && !exact)) {
      match.route = &route;
      match.captured = std::move(fit->captured);
      best = std::move(fit->literal);
      exact = same;
    }
  }
  if (methods.empty()) return match;
  add_method(methods, "OPTIONS");
  for (const auto& one : methods) match.allowed += (match.allowed.empty() ? "" : ", ") + one;
  return match;
}

}  // namespace focus::http
