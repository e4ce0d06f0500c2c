// JSON that is not trusted: parsed with a bound on its nesting.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace focus {

/// Parses JSON text. Throws Error whose message starts with `source` for what is not JSON and for lists and
/// objects nested more than `max_depth` deep, which copying, printing and destroying would follow by
/// recursion.
nlohmann::json parse_json(const std::string& text, const std::string& source, int max_depth = 32);

}  // namespace focus
