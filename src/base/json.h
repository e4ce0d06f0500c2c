// JSON that is not trusted, parsed with a bound on its nesting; and trees of JSON, flattened and compared.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace focus {

/// Parses JSON text. Throws Error whose message starts with `source` for what is not JSON and for lists and
/// objects nested more than `max_depth` deep, which copying, printing and destroying would follow by
/// recursion.
nlohmann::json parse_json(const std::string& text, const std::string& source, int max_depth = 32);

/// The leaves of nested objects by their dotted keys: {"a": {"b": 1}} is "a.b": 1. Lists are leaves; what is
/// no object is one leaf with the empty key.
std::map<std::string, nlohmann::json> flattened(const nlohmann::json& tree);

/// A leaf in which two trees differ.
struct JsonDifference {
  std::string key;
  std::string before, after;  ///< As JSON; "nothing" where the key is missing or null.
};

/// By key; empty if the trees are equal.
std::vector<JsonDifference> json_differences(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace focus
