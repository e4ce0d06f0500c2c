// Untrusted JSON, parsed with a limit on its nesting; and JSON trees, flattened and compared.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace focus {

/// Parses JSON text. Throws Error whose message starts with `source` if it is not JSON, if a key comes twice
/// in an object, and if lists and objects are nested more than `max_depth` deep: copying, printing and
/// destroying them is recursive.
nlohmann::json parse_json(const std::string& text, const std::string& source, int max_depth = 32);

/// The leaves of nested objects by their dotted keys: {"a": {"b": 1}} is "a.b": 1. Lists are leaves; a tree
/// that is not an object is one leaf with the empty key.
std::map<std::string, nlohmann::json> flattened(const nlohmann::json& tree);

/// A leaf in which two trees differ.
struct JsonDifference {
  std::string key;
  std::string before, after;  ///< As JSON; "nothing" where the key is missing or null.
};

/// By key; empty if the trees are equal.
std::vector<JsonDifference> json_differences(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace focus
