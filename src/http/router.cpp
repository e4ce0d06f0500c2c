#include "http/router.h"

#include <algorithm>
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

void add_method(std::vector<std::string_view>& methods, std::string_view method) {
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
}

}  // namespace

void Router::add(Route route) {
  if (route.pattern.empty() || route.pattern.front() != '/') {
    fail("route '{}': a pattern must begin with '/'", route.pattern);
  }
  if (!is_token(route.method)) fail("route '{}': '{}' is not a method", route.pattern, route.method);
  if (!route.handler) fail("route '{}': it has no handler", route.pattern);
  std::vector<Word> words;
  for (const auto part : parts_of(route.pattern)) {
    const bool captures = is_capture(part);
    if (!captures && part.find_first_of("{}") != std::string_view::npos) {
      fail("route '{}': braces must enclose a whole part of the path", route.pattern);
    }
    words.push_back({std::string(captures ? part.substr(1, part.size() - 2) : part), captures});
  }
  for (const auto& other : entries_) {
    if (other.route.method == route.method && other.route.pattern == route.pattern) {
      fail("route {} '{}' was added twice", route.method, route.pattern);
    }
  }
  entries_.push_back({std::move(route), std::move(words)});
}

bool Router::Entry::fits(const std::vector<std::string>& parts) const {
  if (words.size() != parts.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (words[i].captures ? parts[i].empty() : parts[i] != words[i].text) return false;
  }
  return true;
}

bool Router::Entry::is_before(const Entry& other) const {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].captures != other.words[i].captures) return other.words[i].captures;
  }
  return false;
}

Router::Match Router::find(const std::string& method, const std::string& path) const {
  Match match;
  if (path.empty() || path.front() != '/') return match;
  // Decode after splitting: an encoded slash does not split a part.
  std::vector<std::string> parts;
  for (const auto part : parts_of(path)) {
    auto decoded = percent_decoded(part);
    if (!decoded) {
      fail_http(400, "the path has '{}', with a '%' that no two hexadecimal digits follow; write %25 for '%'",
                part);
    }
    parts.push_back(std::move(*decoded));
  }

  std::vector<std::string_view> methods;
  const Entry* best = nullptr;
  for (const auto& entry : entries_) {
    if (!entry.fits(parts)) continue;
    const auto& own = entry.route.method;
    add_method(methods, own);
    if (own == "GET") add_method(methods, "HEAD");
    const bool same = own == method;
    if (!same && !(method == "HEAD" && own == "GET")) continue;
    // Literal parts win over captures, and a route for HEAD over one for GET.
    const bool is_better = best == nullptr || entry.is_before(*best) ||
                           (!best->is_before(entry) && same && best->route.method != method);
    if (is_better) best = &entry;
  }
  if (best) {
    match.route = &best->route;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (best->words[i].captures) match.captured.emplace(best->words[i].text, std::move(parts[i]));
    }
  }
  if (methods.empty()) return match;
  add_method(methods, "OPTIONS");
  for (const auto one : methods) match.allowed.append(match.allowed.empty() ? "" : ", ").append(one);
  return match;
}

}  // namespace focus::http
