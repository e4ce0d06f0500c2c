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

}  // namespace focus
