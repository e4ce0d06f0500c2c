#include "base/json.h"

#include "base/error.h"

namespace focus {

nlohmann::json parse_json(const std::string& text, const std::string& source, int max_depth) {
  const auto refuse_depth = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json&) {
    using Event = nlohmann::json::parse_event_t;
    const bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth >= max_depth) fail("{}: JSON nested more than {} deep", source, max_depth);
    return true;
  };
  try {
    return nlohmann::json::parse(text, refuse_depth);
  } catch (const nlohmann::json::exception& error) {
    fail("{}: not JSON: {}", source, error.what());
  }
}

}  // namespace focus
