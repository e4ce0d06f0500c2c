#include "base/former_options.h"

#include <algorithm>

namespace focus {

nlohmann::json as_of_today(const OptionTable& table, nlohmann::json saved) {
  using Pointer = nlohmann::json::json_pointer;
  for (const auto& option : table.options()) {
    std::string path = "/" + option.key();
    std::replace(path.begin(), path.end(), '.', '/');
    const Pointer place(path);
    if (!saved.contains(place)) {
      const auto& former_name = option.rule().formerly;
      const Pointer group = place.parent_pointer(), former = group / former_name;
      if (former_name.empty() || !saved.contains(former)) continue;
      saved[place] = saved[former];
      saved[group].erase(former_name);
    }
    auto& value = saved[place];
    if (option.value().is_string() && value.is_primitive() && !value.is_string()) value = value.dump();
  }
  return saved;
}

}  // namespace focus
