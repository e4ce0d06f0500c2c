#include "base/json.h"

#include "base/error.h"
#include "base/human.h"
#include "base/repeated_keys.h"

namespace focus {

nlohmann::json parse_json(const std::string& text, const std::string& source, int max_depth) {
  RepeatedKeys is_repeated;
  const auto look = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    const bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth >= max_depth) fail("{}: JSON nested more than {} deep", source, max_depth);
    if (is_repeated(event, parsed)) {
      fail("{}: key {} comes twice in one object; keep one of them", source,
           in_quotes(parsed.get_ref<const std::string&>()));
    }
    return true;
  };
  try {
    return nlohmann::json::parse(text, look);
  } catch (const nlohmann::json::exception& error) {
    fail("{}: not JSON: {}", source, error.what());
  }
}

std::map<std::string, nlohmann::json> flattened(const nlohmann::json& tree) {
  if (!tree.is_object()) return {{"", tree}};
  std::map<std::string, nlohmann::json> all;
  for (const auto& [name, value] : tree.items()) {
    if (!value.is_object()) {
      all.emplace(name, value);
      continue;
    }
    for (auto& [key, leaf] : flattened(value)) all.emplace(name + "." + key, std::move(leaf));
  }
  return all;
}

std::vector<JsonDifference> json_differences(const nlohmann::json& before, const nlohmann::json& after) {
  const auto said = [](const nlohmann::json& value) { return value.is_null() ? "nothing" : value.dump(); };
  // Null in a tree that lacks the key.
  std::map<std::string, std::pair<nlohmann::json, nlohmann::json>> both;
  for (auto& [key, value] : flattened(before)) both[key].first = std::move(value);
  for (auto& [key, value] : flattened(after)) both[key].second = std::move(value);
  std::vector<JsonDifference> differences;
  for (const auto& [key, values] : both) {
    if (values.first != values.second) differences.push_back({key, said(values.first), said(values.second)});
  }
  return differences;
}

}  // namespace focus
